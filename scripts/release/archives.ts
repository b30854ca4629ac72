import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { archiveName, type Platform, type Release, run, tarOptions } from "./run.ts";

/** What an archive holds beside the executable, from the root of the sources. */
const CONTENTS = {
  LICENSE: "LICENSE",
  "README.md": "README.md",
  "CHANGELOG.md": "CHANGELOG.md",
  "packaging/install.sh": "install.sh",
  "packaging/bustd.toml": "bustd.toml",
  "packaging/man": "man",
  "packaging/completions": "completions",
  "packaging/systemd": "systemd",
  "packaging/openrc": "openrc",
  "packaging/runit": "runit",
  "packaging/dinit": "dinit",
} as const;

/** Writes the archive of one platform; its file name. The same input gives the same bytes. */
export function writeArchive(release: Release, platform: Platform): string {
  const { epoch, out, root } = release;
  const name = archiveName(release, platform);
  const stage = join(out, ".stage");
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, name), { recursive: true });
  for (const [from, to] of Object.entries(CONTENTS)) {
    cpSync(join(root, from), join(stage, name, to), { recursive: true });
  }
  cpSync(join(root, "dist", `bustd-${platform.target}`), join(stage, name, "bustd"));
  run(["chmod", "-R", "u=rwX,go=rX", stage]);
  const tar = `${name}.tar`;
  run(["tar", ...tarOptions(epoch), "--format=ustar", "-cf", join(out, tar), name], { cwd: stage });
  run(["gzip", "-n", "-9", "-f", tar], { cwd: out });
  rmSync(stage, { recursive: true });
  return `${tar}.gz`;
}

/** Writes `SHA256SUMS` over these files. */
export function writeChecksums({ out }: Release, names: readonly string[]): void {
  const sums = run(["sha256sum", "--", ...names.toSorted()], { cwd: out });
  writeFileSync(join(out, "SHA256SUMS"), sums);
}
