/** Compiles `src/main.ts` to one executable. `bun scripts/build.ts --help` says how to call it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { compile, TARGETS } from "./compile.ts";

const HELP = `Usage: npm run build -- [options]
  --target <name>  ${Object.keys(TARGETS).join(", ")} or all; this machine's own if not given
  --out <file>     where to put it; dist/bustd, or dist/bustd-<target>, if not given
  --force          build also when nothing has changed since the last time
  --quiet          say nothing if all is well
`;

const ROOT = join(import.meta.dir, "..");

/** A digest of everything the executable is made from. */
function digestOfInputs(target: string): string {
  const sources = [...new Bun.Glob("src/**/*").scanSync(ROOT)].toSorted();
  const hash = new Bun.CryptoHasher("sha256").update(`${Bun.version} ${target}`);
  for (const path of [...sources, "package.json", "package-lock.json", "scripts/compile.ts"]) {
    hash.update(`\0${path}\0`).update(readFileSync(join(ROOT, path)));
  }
  return hash.digest("hex");
}

/** True when it was built, false when it was there already. */
async function buildOne(out: string, target: string, force: boolean): Promise<boolean> {
  const digest = digestOfInputs(target);
  const digestFile = join(dirname(out), `.${basename(out)}.inputs`);
  const known = existsSync(out) && existsSync(digestFile) ? readFileSync(digestFile, "utf8") : "";
  if (known === digest && !force) {
    return false;
  }
  // The name is compiled in, so it is the same in a directory of its own; renaming it into place
  // leaves a running one alone.
  const workshop = join(dirname(out), `.build-${process.pid}`);
  mkdirSync(workshop, { recursive: true });
  try {
    const made = join(workshop, "bustd");
    await compile(join(ROOT, "src/main.ts"), made, target);
    chmodSync(made, 0o755);
    renameSync(made, out);
    await Bun.write(digestFile, digest);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return true;
}

function complain(sentence: string): never {
  process.stderr.write(`build: ${sentence}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        target: { type: "string" },
        out: { type: "string" },
        force: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
}

const args = readArguments();
if (args.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const names = args.target === "all" ? Object.keys(TARGETS) : [args.target ?? "host"];
const unknown = names.find((name) => name !== "host" && TARGETS[name] === undefined);
if (unknown !== undefined) {
  complain(`there is no target ${unknown}; there are ${Object.keys(TARGETS).join(", ")} and all`);
}
if (args.out !== undefined && names.length > 1) {
  complain("--out names one file, and --target all makes several");
}
for (const name of names) {
  const out = args.out ?? join(ROOT, "dist", name === "host" ? "bustd" : `bustd-${name}`);
  try {
    const built = await buildOne(out, name, args.force);
    if (!args.quiet) {
      const mib = Math.round(statSync(out).size / 1024 / 1024);
      process.stdout.write(`${out}: ${mib} MiB${built ? "" : ", nothing has changed"}\n`);
    }
  } catch (error) {
    const problems = error instanceof AggregateError ? error.errors : [error];
    process.stderr.write(`${problems.map((problem) => Bun.inspect(problem)).join("\n")}\n`);
    process.exit(1);
  }
}
