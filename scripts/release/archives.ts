import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { refusePlaceholders } from "./placeholders.ts";
import { archiveFile, archiveName, type Platform, type Release, run, tarOptions } from "./run.ts";
import { withWholeLinks } from "./texts.ts";

/** What an archive holds beside the executable, from the root of the sources. */
const CONTENTS = {
  LICENSE: "LICENSE",
  "README.md": "README.md",
  "CHANGELOG.md": "CHANGELOG.md",
  "packaging/THIRD-PARTY-NOTICES": "THIRD-PARTY-NOTICES",
  "packaging/install.sh": "install.sh",
  "packaging/bustd.toml": "bustd.toml",
  "packaging/man": "man",
  "packaging/completions": "completions",
  "packaging/logrotate": "logrotate",
  "packaging/desktop": "desktop",
  "packaging/systemd": "systemd",
  "packaging/hooks": "hooks",
  "packaging/openrc": "openrc",
  "packaging/runit": "runit",
  "packaging/dinit": "dinit",
} as const;

/** The folder in which `stageArchive` lays out what the archive of a platform holds. */
export function stagedArchive(release: Release, platform: Platform): string {
  return join(release.out, ".stage/archive", archiveName(release, platform));
}

/** Lays out what the archive of one platform holds, and what packages install from. */
export function stageArchive(release: Release, platform: Platform): void {
  const { out, root } = release;
  const tree = stagedArchive(release, platform);
  rmSync(join(out, ".stage"), { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  for (const [from, to] of Object.entries(CONTENTS)) {
    cpSync(join(root, from), join(tree, to), { recursive: true });
  }
  for (const name of ["README.md", "CHANGELOG.md"]) {
    const path = join(tree, name);
    writeFileSync(path, withWholeLinks(readFileSync(path, "utf8"), release));
  }
  cpSync(join(root, "dist", `bustd-${platform.target}`), join(tree, "bustd"));
  refusePlaceholders(tree);
  run(["chmod", "-R", "u=rwX,go=rX", tree]);
}

/** Writes the archive of one platform; its file name. The same input gives the same bytes. */
export function writeArchive(release: Release, platform: Platform): string {
  const { epoch, isQuick, out } = release;
  const name = archiveName(release, platform);
  const cwd = join(stagedArchive(release, platform), "..");
  const file = archiveFile(release, platform);
  const tar = join(out, ".stage", `${name}.tar`);
  run(["tar", ...tarOptions(epoch), "--format=ustar", "-cf", tar, name], { cwd });
  // Any number of threads above one gives the same bytes. xz(1)
  const xz = `xz -${isQuick ? 0 : 6} -T2 -c "$0" >"$1"`;
  run(["sh", "-c", xz, tar, join(out, file)]);
  return file;
}

/** Writes `SHA256SUMS` over these files. */
export function writeChecksums({ out }: Release, names: readonly string[]): void {
  const sums = run(["sha256sum", "--", ...names.toSorted()], { cwd: out });
  writeFileSync(join(out, "SHA256SUMS"), sums);
}
