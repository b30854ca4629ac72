import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOwn, readTrusted } from "../../src/commands/trusted-file.ts";
import { isRoot } from "../helpers/program.ts";

const directory = mkdtempSync(join(tmpdir(), "bustd-trusted-"));
afterAll(() => rmSync(directory, { recursive: true }));
const inDirectory = (name: string) => join(directory, name);
const unprivileged = isRoot ? "" : " (left out: only root may do that)";

function read(path: string): string {
  const file = readTrusted(path, 1024);
  switch (file.kind) {
    case "found":
      return new TextDecoder().decode(file.bytes);
    case "missing":
      return "missing";
    case "refused":
      return file.reason;
  }
}

describe("a file", () => {
  test("of ours is read", () => {
    const path = inDirectory("plain");
    writeFileSync(path, "text ä");
    expect(read(path)).toBe("text ä");
    expect(read(inDirectory("none"))).toBe("missing");
    expect(read(join(path, "below"))).toBe("missing");
  });

  const rows: readonly (readonly [string, (path: string) => void, string])[] = [
    ["is too large", (path) => writeFileSync(path, "x".repeat(1025)), "it is larger than 1 KiB"],
    ["is a directory", (path) => mkdirSync(path), "it is no plain file"],
    ["is a link", (path) => symlinkSync("/etc/passwd", path), "it is a symbolic link"],
    ["is a FIFO", (path) => Bun.spawnSync(["mkfifo", path]), "it is no plain file"],
  ];

  test.each(rows)("that %s is refused", (name, make, reason) => {
    const path = inDirectory(name.replaceAll(" ", "-"));
    make(path);
    expect(read(path)).toBe(reason);
  });

  test("that has no end is refused", () => {
    expect(read("/dev/zero")).toBe("it is no plain file");
  });
});

describe("a file that has to be one's own", () => {
  const reason = (path: string) => {
    const file = readOwn(path, 1024);
    return file.kind === "refused" ? file.reason : file.kind;
  };

  test("is read, unless others could have written it", () => {
    const path = inDirectory("own");
    expect(reason(path)).toBe("missing");
    writeFileSync(path, "x");
    chmodSync(path, 0o400);
    expect(reason(path)).toBe("found");
    chmodSync(path, 0o420);
    expect(reason(path)).toBe("others than its owner could have written it");
  });

  test("has one name", () => {
    const path = inDirectory("linked");
    writeFileSync(path, "x");
    linkSync(path, inDirectory("second-name"));
    expect(reason(path)).toBe("others than its owner could have written it");
  });

  test.skipIf(!isRoot)(`of another user is refused${unprivileged}`, () => {
    const path = inDirectory("anothers");
    writeFileSync(path, "x");
    chownSync(path, 65534, 65534);
    expect(reason(path)).toBe("it belongs to user 65534");
  });
});

describe.skipIf(!isRoot)(`as root${unprivileged}`, () => {
  test("a file that others can write is refused", () => {
    for (const mode of [0o666, 0o664, 0o646]) {
      const path = inDirectory(`mode-${mode}`);
      writeFileSync(path, "x");
      chmodSync(path, mode);
      expect(read(path)).toStartWith("others than its owner can write it");
    }
  });

  test("a file of another user is refused", () => {
    const path = inDirectory("of-nobody");
    writeFileSync(path, "x");
    chownSync(path, 65534, 65534);
    expect(read(path)).toBe(
      "user 65534, who is not root, could have written it; read it as that user",
    );
  });

  test.each([
    ["/run/bustd", "/run/bustd"],
    // systemd makes a link where a service with a user of its own keeps its directory.
    ["/run/private/bustd", "/run/bustd"],
    ["/run/other", null],
  ])("but not the service's own in %s, where only the service can put one", (made, link) => {
    const program = `
      mount -t tmpfs -o mode=755 none /run
      mkdir -p ${made}/incidents
      echo own >${made}/incidents/a
      chown -R 61234:61234 ${made}
      [ -e ${link ?? made} ] || ln -s ${made} ${link}
      "$0" -e '
        const { readTrusted } = await import(process.argv[1]);
        const show = () => console.log(readTrusted("${link ?? made}/incidents/a", 100).kind);
        show();
        require("fs").chownSync("${made}/incidents/a", 65534, 65534);
        show();
        require("fs").chownSync("${made}/incidents/a", 61234, 61234);
        require("fs").chmodSync("${made}/incidents", 0o777);
        show();
      ' "$1"`;
    const module = join(import.meta.dir, "../../src/commands/trusted-file.ts");
    const command = ["unshare", "-m", "sh", "-c", program, process.execPath, module];
    const first = link === null ? "refused" : "found";
    expect(Bun.spawnSync(command).stdout.toString()).toBe(`${first}\nrefused\nrefused\n`);
  });
});
