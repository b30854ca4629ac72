import { expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBustd, isHalted } from "../../src/commands/is-bustd.ts";

/** A process of this name that sleeps. */
function sleeper(name: string) {
  const directory = mkdtempSync(join(tmpdir(), "bustd-test-"));
  const path = join(directory, name);
  copyFileSync("/bin/sleep", path);
  const child = Bun.spawn([path, "100"]);
  return {
    pid: child.pid,
    [Symbol.dispose]() {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    },
  };
}

/** The state comes a moment after the signal. */
async function becomes(wanted: boolean, pid: number): Promise<boolean> {
  for (let tries = 0; tries < 500 && isHalted(pid) !== wanted; tries++) {
    await Bun.sleep(10);
  }
  return isHalted(pid);
}

test.each(["bustd", ") T 1 (x"])("whether a signal has stopped %s", async (name) => {
  using child = sleeper(name);
  expect(isHalted(child.pid)).toBe(false);
  process.kill(child.pid, "SIGSTOP");
  expect(await becomes(true, child.pid)).toBe(true);
  process.kill(child.pid, "SIGCONT");
  expect(await becomes(false, child.pid)).toBe(false);
});

test("nobody is neither stopped nor bustd", () => {
  expect(isHalted(2 ** 22 + 1)).toBe(false);
  expect(isBustd(2 ** 22 + 1)).toBe(null);
});
