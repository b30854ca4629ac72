/** Attacks by the files that a running daemon reads again: it protects nobody meanwhile. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "../refusals/play.ts";

const built = existsSync(executable) ? "" : " (left out: npm run build makes dist/bustd)";
const timeoutMs = 60_000;

const FULL = 64 * 1024;

/** As many lines of a kind as a file may hold. */
function filled(line: (index: number) => string): string {
  let text = "";
  for (let index = 0; ; index++) {
    const next = line(index);
    if (text.length + next.length > FULL) return text;
    text += next;
  }
}

const rule = (match: string) => `[[rule]]\n${match}\nprotect = true\n`;
const broken = "the old one stays in force";

const FILES = {
  "an expression that grows": ["prefer = '(a?){500}a{500}'\n", broken],
  "an expression of many states": ["prefer = '(a|b)*a(a|b){15}'\n", broken],
  "many expressions": [
    filled((i) => rule(`regex = true\ncmdline = '(a|b)*a(a|b){7}${i}'`)),
    broken,
  ],
  "more rules than are allowed": [filled((i) => rule(`comm = 'a${i}*'`)), broken],
  "more globs than are allowed": [
    `unkillables = [${filled((i) => `'${i.toString(36)}*',`).slice(0, -100)}'x']\n`,
    broken,
  ],
  "60,000 keys": [Array.from({ length: 60_000 }, (_, i) => `k${i} = 1\n`).join(""), broken],
  "as many keys as fit in": [filled((i) => `k${i}=1\n`), broken],
  "lists in lists": [`x = ${"[".repeat(32_000)}${"]".repeat(32_000)}\n`, broken],
  "tables in tables": [`x = ${"{a=".repeat(12_000)}1${"}".repeat(12_000)}\n`, broken],
  "names, as many as fit in": [
    `unkillables = [${filled((i) => `'${i.toString(36)}',`)
      .slice(0, -100)
      .replace(/[^,]*$/, "")}'x']\n`,
    "reading the configuration again",
  ],
} as const;

/** Of a process and what it became since; 10 ms a tick. */
function cpuMs(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}

/** A daemon with this file, which it reads when told: a dry run. */
async function started(config: string) {
  const flags = ["-n", "--dry-run", "--pid-file=none", `--config=${config}`];
  // One pipe keeps the order of all lines.
  const command = ["sh", "-c", 'exec "$@" 2>&1', "sh", executable, ...flags];
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  const listen = async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) said += decoder.decode(bytes);
  };
  void listen();
  const isUp = async () => {
    while (!/pages.* locked|pages are not/.test(said)) {
      expect(child.exitCode, said.slice(-500)).toBe(null);
      await Bun.sleep(5);
    }
  };
  await isUp();
  return {
    /** What it says, and how long it works, until it protects again. */
    reload: async () => {
      said = "";
      const before = cpuMs(child.pid);
      child.kill("SIGHUP");
      await isUp();
      return { said, ms: cpuMs(child.pid) - before };
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

describe.skipIf(built !== "")(`SIGHUP and a file${built}`, () => {
  test.each(Object.entries(FILES))(
    "with %s: it protects again within a second's work",
    async (_kind, [text, expected]) => {
      const directory = mkdtempSync(join(tmpdir(), "bustd-reload-"));
      const config = join(directory, "bustd.toml");
      writeFileSync(config, "");
      using daemon = await started(config);
      const plain = await daemon.reload();
      writeFileSync(config, text);
      const { ms, said } = await daemon.reload();
      rmSync(directory, { recursive: true });
      expect(said).toContain(expected);
      for (const line of said.trimEnd().split("\n")) expect(line.length).toBeLessThan(600);
      expect(ms - plain.ms).toBeLessThan(1000);
    },
    timeoutMs,
  );
});
