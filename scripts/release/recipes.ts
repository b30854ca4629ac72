import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { archiveName, PLATFORMS, type Release } from "./run.ts";

function sha256(path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}

/** Copies the recipes for Arch and Gentoo, with the version and the checksums filled in. */
export function writeRecipes(release: Release, sourceArchive: string): void {
  const { out, root, version } = release;
  for (const directory of ["aur", "guru"]) {
    cpSync(join(root, "packaging", directory), join(out, directory), { recursive: true });
  }
  const sums = new Map<string, string>([["", sha256(join(out, sourceArchive))]]);
  for (const platform of PLATFORMS.filter(({ libc }) => libc === "gnu")) {
    const archive = join(out, `${archiveName(release, platform)}.tar.gz`);
    sums.set(`_${platform.machine}`, sha256(archive));
  }
  for (const name of ["bustd", "bustd-bin"]) {
    for (const file of ["PKGBUILD", ".SRCINFO"]) {
      const path = join(out, "aur", name, file);
      writeFileSync(path, filled(readFileSync(path, "utf8"), version, sums));
    }
    const ebuilds = join(out, "guru/sys-apps", name);
    for (const file of readdirSync(ebuilds).filter((entry) => entry.endsWith(".ebuild"))) {
      renameSync(join(ebuilds, file), join(ebuilds, `${name}-${version}.ebuild`));
    }
    writeFileSync(join(ebuilds, "Manifest"), manifest(release, name, sourceArchive));
  }
  mkdirSync(out, { recursive: true });
}

/** A recipe of Arch with this version and these checksums, by the suffix of their variable. */
export function filled(text: string, version: string, sums: ReadonlyMap<string, string>): string {
  return text
    .replaceAll(/^(\s*pkgver ?= ?).*$/gm, `$1${version}`)
    .replaceAll(/^(\s*source.*)$/gm, (line) => line.replaceAll(/\d+\.\d+\.\d+/g, version))
    .replaceAll(
      /^(\s*sha256sums(\w*) ?= ?)(\(?)'?SKIP'?(\)?)$/gm,
      (_line, start: string, suffix: string, open: string, close: string) => {
        const sum = sums.get(suffix) ?? "SKIP";
        return open === "" ? `${start}${sum}` : `${start}${open}'${sum}'${close}`;
      },
    );
}

/** Gentoo's Manifest: size and hashes of what an ebuild downloads. */
function manifest(release: Release, name: string, sourceArchive: string): string {
  const archives = PLATFORMS.map((platform) => `${archiveName(release, platform)}.tar.gz`);
  const files = name === "bustd" ? [sourceArchive] : archives;
  const lines = files.map((file) => {
    const content = readFileSync(join(release.out, file));
    const blake = new Bun.CryptoHasher("blake2b512").update(content).digest("hex");
    const sha = new Bun.CryptoHasher("sha512").update(content).digest("hex");
    const size = statSync(join(release.out, file)).size;
    return `DIST ${file} ${size} BLAKE2B ${blake} SHA512 ${sha}\n`;
  });
  return lines.join("");
}
