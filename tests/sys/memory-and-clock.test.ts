import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hostname, release } from "node:os";
import { startOf } from "../../src/readings/alive.ts";
import { linux } from "../../src/sys/linux.ts";

function meminfoKib(name: string): number {
  const text = readFileSync("/proc/meminfo", "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]);
}

test("sysinfo says what /proc/meminfo says", () => {
  const totals = { totalKib: 0, freeKib: 0, swapTotalKib: 0, swapFreeKib: 0 };
  const isClose = () => {
    const before = meminfoKib("MemFree");
    linux.readMemoryTotals(totals);
    const after = meminfoKib("MemFree");
    const slackKib = 0.02 * totals.totalKib;
    return (
      Math.min(before, after) - slackKib < totals.freeKib &&
      totals.freeKib < Math.max(before, after) + slackKib
    );
  };
  // Other processes come and go meanwhile.
  expect([1, 2, 3, 4, 5].some(isClose)).toBe(true);
  expect(totals.totalKib).toBe(meminfoKib("MemTotal"));
  expect(totals.swapTotalKib).toBe(meminfoKib("SwapTotal"));
  expect(totals.swapFreeKib).toBeLessThanOrEqual(totals.swapTotalKib);
});

test("the clock goes on, in milliseconds", () => {
  const startMs = linux.nowMs();
  Bun.sleepSync(50);
  const tookMs = linux.nowMs() - startMs;
  expect(tookMs).toBeGreaterThanOrEqual(50);
  expect(tookMs).toBeLessThan(5000);
  const nowMs = linux.nowMs();
  const uptimeMs = 1000 * Number.parseFloat(readFileSync("/proc/uptime", "utf8"));
  // Uptime counts suspended time as well.
  expect(nowMs).toBeLessThan(uptimeMs + 1000);
});

test("the clock of start times counts suspension, and a process has started before now", () => {
  const uptimeMs = 1000 * Number.parseFloat(readFileSync("/proc/uptime", "utf8"));
  const nowMs = linux.nowMs();
  const bootMs = linux.bootMs();
  expect(bootMs).toBeGreaterThanOrEqual(nowMs);
  // A container may be shown an uptime of its own, which is shorter.
  expect(bootMs).toBeGreaterThan(uptimeMs - 1000);
  expect(startOf(linux, process.pid)).toBeWithin(0, bootMs);
});

test("the time of day is the engine's", () => {
  const beforeMs = Date.now();
  expect(linux.wallMs()).toBeWithin(beforeMs - 1000, Date.now() + 1000);
});

test("the clock never goes back", () => {
  let last = linux.nowMs();
  let wentBack = 0;
  for (let i = 0; i < 100_000; i++) {
    const now = linux.nowMs();
    wentBack += now < last ? 1 : 0;
    last = now;
  }
  expect(wentBack).toBe(0);
});

test("wait comes back when its time is up, and not before", () => {
  for (const timeoutMs of [0, 1, 20.3]) {
    const startMs = linux.nowMs();
    expect(linux.wait(timeoutMs)).toBe(0);
    expect(linux.nowMs() - startMs).toBeGreaterThanOrEqual(timeoutMs);
  }
});

test("who and where we are", () => {
  expect(linux.ownPid()).toBe(process.pid);
  expect(linux.ownUid()).toBe(process.geteuid?.() ?? -1);
  expect(linux.pageKib * 1024).toBe(Number(Bun.spawnSync(["getconf", "PAGESIZE"]).stdout));
  expect(linux.systemName()).toEqual({
    system: "Linux",
    host: hostname(),
    release: release(),
    architecture: process.arch === "arm64" ? "aarch64" : "x86_64",
  });
});
