import { afterAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConfig } from "../../src/cli/check-config.ts";
import { importSettings } from "../../src/cli/import.ts";
import { readFile } from "../../src/commands/read-file.ts";
import { readSurroundings } from "../../src/commands/surroundings.ts";
import { isRoot } from "../helpers/program.ts";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "bustd-read-")));
afterAll(() => rmSync(directory, { recursive: true }));

/** A path below the directory of this test, made by a command or a text. */
function path(name: string, text?: string | Uint8Array): string {
  const full = join(directory, name);
  if (text !== undefined) {
    writeFileSync(full, text);
  }
  return full;
}

function made(name: string, make: (full: string) => void): string {
  const full = path(name);
  make(full);
  return full;
}

const PIPE = "it is a pipe; write what comes out of it into a file";
const DEVICE = "it is a device, and no file";

/** Each thing that is no file to read, and what is said of it. */
const SPECIAL: readonly (readonly [string, string, string])[] = [
  ["a directory", made("d", mkdirSync), "it is a directory; name a file in it"],
  ["a pipe", made("p", (full) => Bun.spawnSync(["mkfifo", full])), PIPE],
  ["a link to a pipe", made("lp", (full) => symlinkSync(path("p"), full)), PIPE],
  [
    "a socket",
    made("s", (full) => Bun.listen({ unix: full, socket: { data() {} } }).unref()),
    "it is a socket, and no file",
  ],
  ["a device without an end", "/dev/zero", DEVICE],
  ["a terminal", "/dev/tty", DEVICE],
  ["a link to a device", made("lz", (full) => symlinkSync("/dev/zero", full)), DEVICE],
  ["a link to itself", made("ll", (full) => symlinkSync(full, full)), "too many links"],
  [
    "a huge file",
    made("h", (full) => {
      writeFileSync(full, "");
      truncateSync(full, 2 ** 40);
    }),
    "it is larger than 1 MiB",
  ],
];

describe("what is no file that people write is refused at once, in a sentence", () => {
  test.each(SPECIAL)("%s", async (_, full, reason) => {
    const started = performance.now();
    expect(readFile(full)).toEqual({ kind: "unreadable", reason });
    const sentence = `${full}: cannot be read: ${reason}`;
    const surroundings = { ...readSurroundings(), isRoot: false };
    const expected = { kind: "problems", sentences: [sentence], exitCode: 1 };
    expect<unknown>(await checkConfig(full, surroundings)).toEqual(expected);
    expect<unknown>(importSettings(["nohang", full], surroundings)).toEqual(expected);
    expect<unknown>(importSettings(["earlyoom", full], surroundings)).toEqual(expected);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("a file that grows while it is read ends somewhere", () => {
    const full = path("g", "#\n");
    const script = `exec yes '# a line that has no end' >> ${full}`;
    const writer = Bun.spawn(["sh", "-c", script], { stdio: ["ignore", "ignore", "ignore"] });
    while (readFile(full).kind === "found") {
      appendFileSync(full, "#\n");
    }
    expect(readFile(full)).toEqual({ kind: "unreadable", reason: "it is larger than 1 MiB" });
    writer.kill("SIGKILL");
    truncateSync(full, 0);
  });

  const asRoot = isRoot ? " (left out: root may read all)" : "";
  test.skipIf(isRoot)(`one that may not be read${asRoot}`, () => {
    const full = path("secret", "psi = 1");
    chmodSync(full, 0);
    expect(readFile(full)).toEqual({ kind: "unreadable", reason: "permission denied" });
  });
});

describe("what is a file", () => {
  test.each([
    ["nothing of that name", path("none")],
    ["below a file", join(path("f", "x"), "y")],
  ])("%s", (_, full) => expect(readFile(full)).toEqual({ kind: "missing" }));

  test("/dev/null and links to it are nothing on purpose", () => {
    expect(readFile("/dev/null")).toEqual({ kind: "null" });
    symlinkSync("/dev/null", path("masked"));
    expect(readFile(path("masked"))).toEqual({ kind: "null" });
  });

  test("a link is told from the file itself", () => {
    symlinkSync(path("t", "é�\ufeff"), path("lt"));
    expect(readFile(path("t"))).toMatchObject({ kind: "found", text: "é�\ufeff" });
    expect(readFile(path("t"))).not.toHaveProperty("isLinked");
    expect(readFile(path("t"))).not.toHaveProperty("notUtf8");
    expect(readFile(path("lt"))).toMatchObject({ kind: "found", isLinked: true });
  });

  test.each([
    ["Latin-1", [0x61, 0x0a, 0x63, 0xe9, 0x62], { line: 2, column: 2 }],
    ["UTF-16", [0xff, 0xfe, 0x61, 0x00], { line: 1, column: 1 }],
    ["half a character", [0x61, 0xe2, 0x82], { line: 1, column: 2 }],
    ["half a surrogate pair", [0xed, 0xa0, 0x80], { line: 1, column: 1 }],
    ["U+FFFD, then a byte of Latin-1", [0xef, 0xbf, 0xbd, 0xe9, 0x0a], { line: 1, column: 2 }],
  ])("%s is told, with its place", (_, bytes, notUtf8) => {
    expect(readFile(path("bytes", Uint8Array.from(bytes)))).toMatchObject({ notUtf8 });
  });
});
