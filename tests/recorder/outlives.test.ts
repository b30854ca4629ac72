import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRingFile } from "../../src/commands/ring-file.ts";
import { Mark } from "../../src/model/recorded.ts";
import { startProgram } from "../helpers/program.ts";

const directory = mkdtempSync(join(tmpdir(), "bustd-ring-"));
afterAll(() => rmSync(directory, { recursive: true }));

function content(path: string) {
  const read = readRingFile(path);
  return "ring" in read ? read.ring : null;
}

/** Records until there are so many looks, then dies without a word. */
async function recordAndDie(path: string, looks: number): Promise<void> {
  using program = startProgram("record", [path]);
  while ((content(path)?.looks.length ?? 0) < looks) {
    await Bun.sleep(50);
  }
  program.signal("SIGKILL");
  await program.exited;
}

test("a ring outlives its daemon's SIGKILL, and the next daemon goes on", async () => {
  const path = join(directory, "run/ring");
  await recordAndDie(path, 5);
  const first = content(path);
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  expect(first?.boot).toBe(boot.replaceAll("-", ""));
  expect(first?.starts).toBe(1);
  const { totalKib = 0, availableKib = 0, wallMs = 0 } = first?.looks.at(-1) ?? {};
  expect(availableKib).toBeGreaterThan(0);
  expect(availableKib).toBeLessThan(totalKib);
  expect(Math.abs(wallMs - Date.now())).toBeLessThan(60_000);
  const before = first?.looks.length ?? 0;
  await recordAndDie(path, before + 3);
  const second = content(path);
  expect(second?.starts).toBe(2);
  expect(second?.looks.slice(0, before)).toEqual([...(first?.looks ?? [])]);
  expect(second?.looks[before]?.marks).toBe(Mark.START);
}, 60_000);

test("a ring is read whole while it is written, at any moment", async () => {
  const path = join(directory, "ring");
  mkdirSync(directory, { recursive: true });
  using program = startProgram("record", [path]);
  while ((content(path)?.looks.length ?? 0) === 0) {
    await Bun.sleep(5);
  }
  let lastMs = 0;
  for (let i = 0; i < 300; i++) {
    const times = (content(path)?.looks ?? []).map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1) ?? 0).toBeGreaterThanOrEqual(lastMs);
    lastMs = times.at(-1) ?? 0;
    await Bun.sleep(5);
  }
  program.signal("SIGKILL");
  await program.exited;
}, 60_000);
