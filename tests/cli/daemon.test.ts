import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const why = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";

/** The daemon, as soon as it has said this; it ends nobody. */
async function startDaemon(said: string) {
  const child = Bun.spawn([EXECUTABLE, "-n", "--pid-file", "none", "--dry-run"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(said)) {
    const { done, value } = await reader.read();
    text += decoder.decode(value);
    if (done) {
      throw new Error(`it ended before it said "${said}": ${text}`);
    }
  }
  return {
    pid: child.pid,
    /** Its exit code, or null if it still runs 30 s after the signal. */
    endBy: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return Promise.race([child.exited, Bun.sleep(30_000).then(() => null)]);
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, "utf8");

describe.skipIf(!isBuilt)(`the daemon${why}`, () => {
  test("is found by its name, as by pkill(1) and pidof(8)", async () => {
    using daemon = await startDaemon("pages");
    expect(readFileSync(`/proc/${daemon.pid}/comm`, "utf8")).toBe("bustd\n");
    expect(readFileSync(`/proc/${daemon.pid}/cmdline`, "utf8")).toBe(
      "bustd\0-n\0--pid-file\0none\0--dry-run\0",
    );
  });

  test("goes on after signals that mean nothing to it, and ends as ever", async () => {
    using daemon = await startDaemon("pages");
    const meaningless = [
      14,
      16,
      24,
      25,
      26,
      27,
      29,
      30,
      ...Array.from({ length: 31 }, (_, i) => 34 + i),
    ];
    for (const signal of meaningless) {
      process.kill(daemon.pid, signal);
    }
    // Until it has read them all: those that wait are said here; proc_pid_status(5).
    while (/^(SigPnd|ShdPnd):\t.*[^0\s]/m.test(statusOf(daemon.pid))) {
      await Bun.sleep(10);
    }
    expect(await daemon.endBy("SIGTERM")).toBe(0);
  });

  test.each([
    ["while it starts", "bustd "],
    ["before it is small", "would act when"],
    ["when it is up", "pages"],
  ])("ends by SIGTERM and SIGINT with exit code 0, %s", async (_when, said) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      using daemon = await startDaemon(said);
      expect(await daemon.endBy(signal)).toBe(0);
    }
  });
});
