/** Writes the files that are made from tables; `--check` only says which are stale. */
import { join } from "node:path";
import { bashCompletion, fishCompletion, zshCompletion } from "./generate/completions.ts";
import { catalogueFile } from "./generate/catalogue.ts";
import { defaultFile } from "./generate/default-file.ts";
import { incidentSchemaFile } from "./generate/incident-schema.ts";
import { manBustd } from "./generate/man-bustd.ts";
import { manConfig } from "./generate/man-config.ts";
import { manRecorder } from "./generate/man-recorder.ts";
import { manRules } from "./generate/man-rules.ts";
import { thirdPartyNotices } from "./generate/notices.ts";

const ROOT = join(import.meta.dir, "..");

/** Every generated file, with what makes its text. */
export const OUTPUTS: readonly { readonly path: string; text(): string }[] = [
  { path: "packaging/bustd.toml", text: defaultFile },
  { path: "packaging/systemd/bustd.catalog", text: catalogueFile },
  { path: "packaging/incident.schema.json", text: incidentSchemaFile },
  { path: "packaging/man/bustd.8", text: manBustd },
  { path: "packaging/man/bustd.toml.5", text: manConfig },
  { path: "packaging/man/bustd-recorder.5", text: manRecorder },
  { path: "packaging/man/bustd-rules.7", text: manRules },
  { path: "packaging/completions/bustd.bash", text: bashCompletion },
  { path: "packaging/completions/_bustd", text: zshCompletion },
  { path: "packaging/completions/bustd.fish", text: fishCompletion },
  { path: "packaging/THIRD-PARTY-NOTICES", text: thirdPartyNotices },
];

/** Paths of the files whose text is not what the tables give. */
export async function staleFiles(): Promise<string[]> {
  const stale = await Promise.all(
    OUTPUTS.map(async ({ path, text }) => {
      const file = Bun.file(join(ROOT, path));
      const isFresh = (await file.exists()) && (await file.text()) === text();
      return isFresh ? [] : [path];
    }),
  );
  return stale.flat();
}

if (import.meta.main) {
  const stale = await staleFiles();
  if (process.argv.includes("--check")) {
    for (const path of stale) {
      process.stderr.write(`${path} is stale: run bun scripts/generate.ts\n`);
    }
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    const wanted = OUTPUTS.filter(({ path }) => stale.includes(path));
    await Promise.all(wanted.map(({ path, text }) => Bun.write(join(ROOT, path), text())));
  }
}
