import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { licenseExpression, licenseIds } from "../generate/notices.ts";
import { refusePlaceholders } from "./placeholders.ts";
import { archiveFile, PLATFORMS, type Release } from "./run.ts";
import { filled } from "./texts.ts";

/** What Gentoo calls the licences that it has another name for. */
const GENTOO_LICENSES: Readonly<Record<string, string>> = {
  "BSD-2-Clause": "BSD-2",
  "BSD-3-Clause": "BSD",
  "LGPL-2.0-or-later": "LGPL-2+",
  "LGPL-2.1-or-later": "LGPL-2.1+",
  Zlib: "ZLIB",
  blessing: "public-domain",
  "libpng-2.0": "libpng2",
};

function hashOf(algorithm: "blake2b512" | "sha256" | "sha512", path: string): string {
  return new Bun.CryptoHasher(algorithm).update(readFileSync(path)).digest("hex");
}

/** What stands in a template for what only the release knows: `@NAME@` → value. */
function valuesOf(release: Release, sourceArchive: string): Readonly<Record<string, string>> {
  const { home, maintainer, out, repository, version } = release;
  const archives = PLATFORMS.filter(({ libc }) => libc === "gnu").map((platform) => [
    `SHA256_${platform.machine.toUpperCase()}`,
    hashOf("sha256", join(out, archiveFile(release, platform))),
  ]);
  const [name = "", address = ""] = maintainer.slice(0, -1).split(" <");
  return {
    VERSION: version,
    HOME: home,
    REPOSITORY: repository,
    MAINTAINER: maintainer,
    MAINTAINER_NAME: name,
    MAINTAINER_ADDRESS: address,
    LICENSE: licenseExpression(),
    GENTOO_LICENSE: licenseIds()
      .map((id) => GENTOO_LICENSES[id] ?? id)
      .join(" "),
    SHA256: hashOf("sha256", join(out, sourceArchive)),
    ...Object.fromEntries(archives),
  };
}

/** Writes the recipes for Arch and Gentoo: the templates of the sources, filled in. */
export function writeRecipes(release: Release, sourceArchive: string): void {
  const { out, root, version } = release;
  const values = valuesOf(release, sourceArchive);
  const templates = new Bun.Glob("{aur,guru}/**").scanSync({
    cwd: join(root, "packaging"),
    dot: true,
  });
  for (const path of templates) {
    const text = readFileSync(join(root, "packaging", path), "utf8");
    const to = path.replace(/\.ebuild\.in$/, `-${version}.ebuild`).replace(/\.in$/, "");
    mkdirSync(dirname(join(out, to)), { recursive: true });
    writeFileSync(join(out, to), path === to ? text : filled(text, values));
  }
  for (const name of ["bustd", "bustd-bin"]) {
    const text = manifest(release, name, sourceArchive);
    writeFileSync(join(out, "guru/sys-apps", name, "Manifest"), text);
  }
  refusePlaceholders(join(out, "aur"));
  refusePlaceholders(join(out, "guru"));
}

/** Gentoo's Manifest: size and hashes of what an ebuild downloads. */
function manifest(release: Release, name: string, sourceArchive: string): string {
  const archives = PLATFORMS.map((platform) => archiveFile(release, platform));
  const files = name === "bustd" ? [sourceArchive] : archives;
  const lines = files.map((file) => {
    const path = join(release.out, file);
    const blake = hashOf("blake2b512", path);
    const sha = hashOf("sha512", path);
    return `DIST ${file} ${statSync(path).size} BLAKE2B ${blake} SHA512 ${sha}\n`;
  });
  return lines.join("");
}
