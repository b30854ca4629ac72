import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { licenseExpression } from "../generate/notices.ts";
import { ABOUT, compressPages, installedKib, stageRoot } from "./packages.ts";
import { refusePlaceholders } from "./placeholders.ts";
import type { Platform, Release } from "./run.ts";

const BLOCK = 512;

interface Entry {
  readonly name: string;
  readonly mode: number;
  /** Null for a directory. */
  readonly content: Uint8Array | null;
}

const UPGRADE = `#!/bin/sh
rc-service --quiet --ifstarted bustd restart || true
`;
const REMOVE = `#!/bin/sh
rc-service --quiet --ifstarted bustd stop || true
rc-update -q del bustd default 2>/dev/null || true
`;

/**
 * An unsigned package for Alpine, apk's format 2; its file name. Two gzip streams, control and
 * data, each a tar archive, and each file's SHA-1 in an extended header: tar(1) cannot write those.
 */
export function writeApk(release: Release, platform: Platform): string {
  const { epoch, home, isQuick, maintainer, out, version } = release;
  // apk reads no better format than gzip; level 12 is the smallest of it.
  const level = isQuick ? 1 : 12;
  const root = stageRoot(release, platform, "openrc");
  compressPages(root);
  refusePlaceholders(root);
  const data = gzip(
    [...entriesBelow(root, "").flatMap((entry) => checkedEntry(entry, epoch)), END],
    level,
  );
  const info = {
    pkgname: "bustd",
    pkgver: `${version}-r0`,
    pkgdesc: ABOUT.summary,
    url: home,
    builddate: String(epoch),
    packager: maintainer,
    size: String(installedKib(root) * 1024),
    arch: platform.machine,
    license: licenseExpression(),
    depend: "libstdc++",
    datahash: new Bun.CryptoHasher("sha256").update(data).digest("hex"),
  };
  const lines = Object.entries(info).map(([key, value]) => `${key} = ${value}\n`);
  const control = (name: string, mode: number, text: string) =>
    plainEntry({ name, mode, content: new TextEncoder().encode(text) }, epoch);
  // Without an end: both streams together are one archive.
  const head = gzip(
    [
      ...control(".PKGINFO", 0o644, lines.join("")),
      ...control(".post-upgrade", 0o755, UPGRADE),
      ...control(".pre-deinstall", 0o755, REMOVE),
    ],
    level,
  );
  const file = `bustd-${version}-r0-${platform.machine}.apk`;
  writeFileSync(join(out, file), Buffer.concat([head, data]));
  return file;
}

const END = new Uint8Array(2 * BLOCK);

function gzip(blocks: readonly Uint8Array[], level: 1 | 12): Uint8Array {
  return Bun.gzipSync(Buffer.concat(blocks), { library: "libdeflate", level });
}

function entriesBelow(root: string, directory: string): Entry[] {
  const names = readdirSync(join(root, directory)).toSorted();
  return names.flatMap((base): Entry[] => {
    const name = join(directory, base);
    const stat = lstatSync(join(root, name));
    const mode = stat.mode & 0o7777;
    return stat.isDirectory()
      ? [{ name, mode, content: null }, ...entriesBelow(root, name)]
      : [{ name, mode, content: readFileSync(join(root, name)) }];
  });
}

function plainEntry(entry: Entry, epoch: number): Uint8Array[] {
  const { content, mode, name } = entry;
  const type = content === null ? "5" : "0";
  return record(
    content === null ? `${name}/` : name,
    type,
    mode,
    content ?? new Uint8Array(),
    epoch,
  );
}

/** An entry that bears its SHA-1, as apk wants it of each file. */
function checkedEntry(entry: Entry, epoch: number): Uint8Array[] {
  if (entry.content === null) {
    return plainEntry(entry, epoch);
  }
  const digest = new Bun.CryptoHasher("sha1").update(entry.content).digest("hex");
  const text = ` APK-TOOLS.checksum.SHA1=${digest}\n`;
  // The record's length counts its own two digits.
  const header = new TextEncoder().encode(`${text.length + 2}${text}`);
  return [...record(entry.name, "x", 0o644, header, epoch), ...plainEntry(entry, epoch)];
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** One header and its content, padded; ustar, tar(5). */
function record(
  name: string,
  type: string,
  mode: number,
  content: Uint8Array,
  epoch: number,
): Uint8Array[] {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) {
    throw new Error(`${name} is too long for a tar header`);
  }
  header.write(name, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  header.write(octal(epoch, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write("ustar\u000000", 257);
  header.write("root", 265);
  header.write("root", 297);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  const padding = new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK);
  return [header, content, padding];
}
