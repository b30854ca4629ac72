/** Attacks on the daemon's start, and by it on those it shares a pipe with. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ACTS_AT_ONCE,
  executable,
  missingForNamespaces,
  outcomeOf,
  play,
} from "../refusals/play.ts";
import { isRoot } from "../../helpers/program.ts";
import { leftOut } from "../withstood.ts";

const built = existsSync(executable) ? "" : "npm run build makes dist/bustd";
const timeoutMs = 60_000;

const strace = Bun.which("strace") ? "" : "strace is missing";

/** That it has read its files anew, and is up again. */
const HEEDED = /reading the configuration again[^]* pages /;

describe("SIGHUP while it starts", () => {
  /** Calls of the program's own: what the runtime does before them is not its own. */
  const moments = [
    ["reads its configuration", "openat", true],
    ["becomes the daemon's own stage", "memfd_create", true],
    ["watches its signals", "signalfd4", true],
    ["locks its memory", "mlockall", true],
  ] as const;
  for (const [when, call, isWithstood] of moments) {
    const why = leftOut(built || strace, isWithstood);
    test.skipIf(why !== "")(
      `does not end it when it ${when}${why}`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), "bustd-hangup-"));
        const config = join(folder, "bustd.toml");
        writeFileSync(config, "");
        const path = call === "openat" ? ["-P", config] : [];
        const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=SIGHUP:when=1`];
        const traced = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", ...path, ...inject];
        const flags = ["-n", "--pid-file", "none", "--dry-run", "--config", config];
        const child = Bun.spawn([...traced, executable, ...flags], {
          stdio: ["ignore", "pipe", "ignore"],
        });
        const reader = child.stdout.getReader();
        const decoder = new TextDecoder();
        let said = "";
        while (!HEEDED.test(said)) {
          const { done, value } = await reader.read();
          expect(done, said).toBe(false);
          said += decoder.decode(value);
        }
        child.kill("SIGTERM");
        expect(await child.exited).toBe(0);
        rmSync(folder, { recursive: true });
      },
      timeoutMs,
    );
  }
});

describe("a user who may have no process more", () => {
  const missing =
    built ||
    (isRoot ? "" : "only root can become nobody") ||
    missingForNamespaces() ||
    (Bun.which("prlimit") && Bun.which("setpriv") ? "" : "prlimit or setpriv is missing");
  const why = missing === "" ? "" : ` (left out: ${missing})`;
  const words = ["doctor", "victims", "status", "selftest", "--dry-run"];
  // Nobody's files lie there; the executable itself may lie below /tmp.
  const script = `
    mount -t tmpfs none /run && mkdir /run/here && touch /run/here/bustd &&
    mount --bind "$1" /run/here/bustd && mount -t tmpfs none /tmp && shift && exec "$@"`;
  const alone = ["unshare", "--mount", "sh", "-c", script, "sh", executable];
  test.skipIf(why !== "").each(words)(
    `is told in a sentence by bustd %s${why}`,
    (word) => {
      // A uid of nobody's else, so that no other process counts, such as one of another run's.
      const uid = 2 ** 30 + process.pid * words.length + words.indexOf(word);
      const as = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
      // The runtime needs a thread besides ours.
      const command = [...alone, ...as, "prlimit", "--nproc=2:2", "/run/here/bustd", word];
      const { exitCode, stderr, stdout } = Bun.spawnSync(command, { cwd: "/", env: {} });
      const said = `${stdout}${stderr}`;
      expect(said).not.toMatch(/bunfs|panic|Bun v/);
      expect(said.trim().length).toBeGreaterThan(20);
      expect(exitCode, said).toBeLessThan(6);
    },
    timeoutMs,
  );
});

describe("little to start with", () => {
  const missing = built || missingForNamespaces() || (Bun.which("prlimit") ? "" : "prlimit");
  /** Fewer are too few for the runtime; from some number on nothing is missing. */
  const rows = [
    ["--nofile=8:8", true],
    ["--nofile=9:9", true],
    ["--nofile=10:10", true],
    ["--nofile=11:11", true],
    ["--nofile=12:12", true],
    ["--nofile=13:13", true],
    ["--nofile=14:14", true],
    ["--nofile=20:20", true],
    ["--as=1073741824", true],
    ["--stack=1048576", true],
    ["--memlock=0", true],
    ["--nproc=1", true],
  ] as const;
  for (const [limit, isWithstood] of rows) {
    const why = leftOut(missing, isWithstood);
    test.skipIf(why !== "")(
      `it protects or says a sentence: prlimit ${limit}${why}`,
      async () => {
        const command = [Bun.which("prlimit")!, limit, executable, ...ACTS_AT_ONCE];
        const played = await play("none", command);
        const outcome = outcomeOf(played);
        const isGood = outcome === "protects" || outcome === "sentence";
        expect(isGood, `${played.verdict}: ${played.said.slice(0, 300)}`).toBe(true);
      },
      timeoutMs,
    );
  }
});

describe("others that write to the same pipe", () => {
  const bytes = 1 << 20;
  const why = leftOut(built);
  test.skipIf(why !== "").each(["--version", "--help", "check-config", "-n --dry-run"])(
    `lose nothing after bustd %s${why}`,
    async (words) => {
      const folder = mkdtempSync(join(tmpdir(), "bustd-pipe-"));
      const big = join(folder, "big");
      writeFileSync(big, Buffer.alloc(bytes, "."));
      // The reader is slow at first, so that the pipe is full.
      const script = `(timeout -s TERM 1 "$1" ${words} 2>&1; cat "$2") |
        (sleep 2; tr -dc . | wc -c)`;
      const child = Bun.spawn(["sh", "-c", script, "sh", executable, big], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const count = Number(await new Response(child.stdout).text());
      rmSync(folder, { recursive: true });
      expect(count).toBeGreaterThanOrEqual(bytes);
    },
    timeoutMs,
  );
});
