import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Errno } from "../../src/model/errno.ts";
import { linux } from "../../src/sys/linux.ts";
import { isRoot } from "../helpers/program.ts";

const BYTES = 65536;
const directory = mkdtempSync(join(tmpdir(), "bustd-stored-"));
afterAll(() => rmSync(directory, { recursive: true }));
const inDirectory = (name: string) => join(directory, name);

function map(path: string): Uint8Array {
  const memory = linux.mapFile(path, BYTES);
  expect(memory).toBeInstanceOf(ArrayBuffer);
  return new Uint8Array(memory as ArrayBuffer);
}

describe("a mapped file", () => {
  test("is what others read, without a call, and outlives what maps it", () => {
    const path = inDirectory("ring");
    const first = map(path);
    expect(first).toHaveLength(BYTES);
    first[0] = 7;
    first[BYTES - 1] = 9;
    const bytes = readFileSync(path);
    expect([bytes[0], bytes[BYTES - 1], bytes.length]).toEqual([7, 9, BYTES]);
    const second = map(path);
    expect([second[0], second[BYTES - 1]]).toEqual([7, 9]);
    second[1] = 5;
    expect(first[1]).toBe(5);
  });

  test("may be read by all and is backed as a whole", () => {
    const path = inDirectory("backed");
    map(path);
    const { blocks, mode } = statSync(path);
    expect(mode & 0o777).toBe(0o644);
    expect(blocks * 512).toBeGreaterThanOrEqual(BYTES);
  });

  const foreign: readonly (readonly [string, (path: string) => void])[] = [
    ["of another size", (path) => writeFileSync(path, "short")],
    [
      "that others may write",
      (path) => {
        writeFileSync(path, new Uint8Array(BYTES));
        chmodSync(path, 0o666);
      },
    ],
    [
      "with a second name",
      (path) => {
        writeFileSync(path, new Uint8Array(BYTES).fill(1));
        linkSync(path, `${path}.second`);
      },
    ],
    ["that is a link", (path) => symlinkSync("/etc/passwd", path)],
    ["that is a FIFO", (path) => Bun.spawnSync(["mkfifo", path])],
  ];

  test.each(foreign)("takes the place of one %s, which stays as it is", (name, make) => {
    const path = inDirectory(name.replaceAll(" ", "-"));
    make(path);
    const isFifo = lstatSync(path).isFIFO();
    const before = isFifo || lstatSync(path).isSymbolicLink() ? -1 : openSync(path, "r");
    map(path)[0] = 42;
    expect(lstatSync(path).isFile()).toBe(true);
    expect(statSync(path).size).toBe(BYTES);
    // Whoever has the old file still has it whole.
    const old = before < 0 ? Buffer.from("none") : readFileSync(before);
    expect(old.length).toBeGreaterThan(0);
    expect(old[0]).not.toBe(42);
  });

  test("cannot be made where there is no directory, or one of that name", () => {
    expect(linux.mapFile(inDirectory("none/ring"), BYTES)).toBe(-Errno.ENOENT);
    mkdirSync(inDirectory("ring.d"));
    expect(linux.mapFile(inDirectory("ring.d"), BYTES)).toBe(-Errno.EEXIST);
  });

  test.skipIf(!isRoot)("on a full disk is an error, not a signal at the first write", () => {
    const path = inDirectory("small");
    mkdirSync(path);
    const program = `
      mount -t tmpfs -o size=32k none "$1"
      exec "$2" -e '
        const { linux } = await import(process.argv[1]);
        console.log(linux.mapFile(process.argv[2], ${BYTES}));
      ' "$3" "$1/ring"`;
    const sys = join(import.meta.dir, "../../src/sys/linux.ts");
    const run = ["unshare", "-m", "sh", "-c", program, "sh", path, process.execPath, sys];
    const { stderr, stdout } = Bun.spawnSync(run);
    expect([stdout.toString(), stderr.toString()]).toEqual([`${-Errno.ENOSPC}\n`, ""]);
  });
});

describe("a file that is replaced", () => {
  test("is whole, for its owner and group, and nothing is left beside it", () => {
    const path = inDirectory("whole.json");
    const text = `${"ä🙂x".repeat(20_000)}\n`;
    expect(linux.replaceFile(path, "first", 0o640)).toBe(0);
    writeFileSync(`${path}.tmp`, "of one that was killed");
    expect(linux.replaceFile(path, text, 0o640)).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });

  test.skipIf(!isRoot)("on a full disk stays as it was", () => {
    const path = inDirectory("full");
    mkdirSync(path);
    const program = `
      mount -t tmpfs -o size=64k none "$1"
      echo old >"$1/a"
      "$2" -e '
        const { linux } = await import(process.argv[1]);
        console.log(linux.replaceFile(process.argv[2], "x".repeat(100000), 0o640));
      ' "$3" "$1/a"
      cat "$1/a"
      ls -A "$1"`;
    const sys = join(import.meta.dir, "../../src/sys/linux.ts");
    const run = ["unshare", "-m", "sh", "-c", program, "sh", path, process.execPath, sys];
    expect(Bun.spawnSync(run).stdout.toString()).toBe(`${-Errno.ENOSPC}\nold\na\n`);
  });

  test("in no directory is an error", () => {
    expect(linux.replaceFile(inDirectory("none/a"), "x", 0o640)).toBe(-Errno.ENOENT);
  });
});

test("names of a directory are listed, however many", () => {
  const path = inDirectory("many");
  expect(linux.makeDirectory(path, 0o750)).toBe(0);
  expect(linux.makeDirectory(path, 0o750)).toBe(-Errno.EEXIST);
  for (let i = 0; i < 3000; i++) {
    writeFileSync(join(path, `${i}-${"ä".repeat(20)}`), "");
  }
  expect(linux.listNames(path).toSorted()).toEqual(readdirSync(path).toSorted());
  expect(linux.listNames(inDirectory("none"))).toEqual([]);
});
