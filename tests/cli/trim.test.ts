import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../helpers/program.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const whyNot = [
  existsSync(EXECUTABLE) ? "" : " (left out: npm run build makes dist/bustd)",
  isRoot ? "" : " (left out: only root can have a PID namespace)",
].find(Boolean);

const LOOKS_BEFORE_RELOAD = 30;
const LOOKS_AFTER_RELOAD = 30;
const TRIMMED_KIB = 8 * 1024;
/** So near above the limit that the daemon looks ten times a second, and ends nobody. */
const ABOVE_LIMIT_PERCENT = 3;
/** Processes that start and end, and hold the CPU. */
const LOAD = `
  sh -c 'while :; do head -c 30000000 /dev/zero | tail -c 9000000 | wc -c; done' >/dev/null &
  sh -c 'while :; do sh -c :; done' &
`;

function statusOf(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
}

function availablePercent(): number {
  const meminfo = readFileSync("/proc/meminfo", "utf8");
  const kib = (name: string) => Number(new RegExp(`${name}:\\s*(\\d+)`).exec(meminfo)?.[1]);
  return (100 * kib("MemAvailable")) / kib("MemTotal");
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/**
 * The daemon, verbose, under load, in a namespace in which there is nobody else, nor another
 * daemon's files; a dry run.
 */
function startDaemon(flags: readonly string[]) {
  const limit = Math.max(1, Math.floor(availablePercent() - ABOVE_LIMIT_PERCENT));
  const bare = [EXECUTABLE, "-n", "--pid-file", "none", "--dry-run", "--verbose"];
  const daemon = [...bare, "-m", String(limit), ...flags];
  const own = "mount -t tmpfs none /run; mount -t tmpfs none /var/lib;";
  const script = `${own} ${LOAD} "$@" & wait $!`;
  const child = Bun.spawn(
    ["unshare", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c", script, "sh", ...daemon],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    saidUntil: async (isEnough: (text: string) => boolean) => {
      while (!isEnough(text)) {
        const { done, value } = await reader.read();
        if (done) {
          const problems = await new Response(child.stderr).text();
          throw new Error(`it ended: ${text.slice(-500)} ${problems}`);
        }
        text += decoder.decode(value);
      }
      return text;
    },
    pid: () => {
      const [shell = 0] = childrenOf(child.pid);
      const isDaemon = (pid: number) => readFileSync(`/proc/${pid}/comm`, "utf8") === "bustd\n";
      return childrenOf(shell).find(isDaemon) ?? 0;
    },
    /** Of the shell, that is of the daemon. */
    exited: child.exited,
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

const STARTED = /^\S+ bustd \d/gm;
const LOOK = /looking again in/g;

describe.skipIf(whyNot !== undefined)(`trimming${whyNot ?? ""}`, () => {
  test.each([
    ["with", []],
    ["without", ["--no-trim"]],
  ] as const)("under load, %s it, the daemon looks, reloads and ends", async (_kind, flags) => {
    using daemon = startDaemon(flags);
    const looksIn = (text: string) => text.match(LOOK)?.length ?? 0;
    await daemon.saidUntil((text) => looksIn(text) >= LOOKS_BEFORE_RELOAD);
    const pid = daemon.pid();
    const isSmall = () => statusOf(pid, "VmRSS") < TRIMMED_KIB;
    expect(isSmall()).toBe(flags.length === 0);
    expect(statusOf(pid, "Threads")).toBe(1);

    process.kill(pid, "SIGHUP");
    await daemon.saidUntil((text) => {
      const [, , again = ""] = text.split(STARTED);
      return looksIn(again) >= LOOKS_AFTER_RELOAD;
    });
    expect(daemon.pid()).toBe(pid);
    expect(isSmall()).toBe(flags.length === 0);
    expect(statusOf(pid, "Threads")).toBe(1);

    process.kill(pid, "SIGTERM");
    expect(await daemon.exited).toBe(0);
  });
});
