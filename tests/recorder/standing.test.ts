import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStanding } from "../../src/commands/standing-file.ts";
import type { Options } from "../../src/model/options.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { openRecorder } from "../../src/recorder/open.ts";
import {
  digestOf,
  limitsInForce,
  readMachineFacts,
  standingText,
  writeStanding,
} from "../../src/recorder/standing.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { someOptions } from "../helpers/nouns.ts";
import { optionsOf } from "../helpers/options-of.ts";

const directory = mkdtempSync(join(tmpdir(), "bustd-standing-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("the digest of settings", () => {
  test("is the same for the same settings, wherever the log goes", () => {
    const here = someOptions({ argv: ["-n"], sink: "terminal" });
    expect(digestOf(here)).toBe(digestOf(someOptions()));
    expect(digestOf(here)).toMatch(/^[0-9a-f]{16}$/);
  });

  const changes: readonly Partial<Options>[] = [
    { psiPercent: 26 },
    { mem: { softPercent: 10, hardPercent: 4 } },
    { swap: { softPercent: 11, hardPercent: 5 } },
    { dryRun: true },
    { scope: "process-group" },
    { adjPolicy: "ignore" },
    { sortBy: "rss" },
    { ignoreRootUser: true },
    { when: [] },
    { rules: [{ origin: "x", match: {}, effect: { kind: "protect" } }] },
  ];

  test.each(changes)("is another one with %j", (change) => {
    expect(digestOf(someOptions(change))).not.toBe(digestOf(someOptions()));
  });
});

const machine = { usableKib: 16_000 * 1024, swapTotalKib: 0 };

test("amounts are shares of the machine, however they were set", async () => {
  const amounts = limitsInForce(await optionsOf(["-m", "500M,100M", "-s", "1G"]), machine);
  expect(amounts).toMatchObject({ memSoftPercent: 3.13, memHardPercent: 0.63 });
  const both = await optionsOf(["-m", "2", "-M", String(500 * 1024)]);
  expect(limitsInForce(both, machine)).toMatchObject({ memSoftPercent: 2 });
});

test("conditions stand in the place of limits", async () => {
  expect(limitsInForce(await optionsOf(["-m", "15,7"]), machine)).toEqual({
    memSoftPercent: 15,
    memHardPercent: 7,
    swapSoftPercent: 10,
    swapHardPercent: 5,
    stallPercent: 25,
    when: [],
  });
  const when = [{ text: "mem < 10", allOf: [] }];
  expect(limitsInForce(someOptions({ when }), machine)).toMatchObject({
    memSoftPercent: 0,
    stallPercent: 0,
    when: ["mem < 10"],
  });
});

describe("what the machine is", () => {
  const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
  const rows: readonly (readonly [string, string])[] = [
    [header, "none"],
    [`${header}/dev/zram0 partition 1 0 100\n`, "zram"],
    [`${header}/dev/zram0 partition 1 0 100\n/dev/zram1 partition 1 0 100\n`, "zram"],
    [`${header}/dev/sda2 partition 1 0 -2\n/swapfile file 1 0 -3\n`, "disk+file"],
  ];

  test.each(rows)("%j: %s", (swaps, kind) => {
    const sys = new FakeSys();
    sys.files.set("/proc/swaps", swaps);
    sys.files.set("/sys/kernel/mm/lru_gen/min_ttl_ms", "1000\n");
    expect(readMachineFacts(sys)).toEqual({
      kernel: "6.1.0",
      architecture: "x86_64",
      totalKib: 8 * 1024 * 1024,
      swapTotalKib: 0,
      swapKind: kind,
      minTtlMs: 1000,
    });
  });

  test("without any of these files", () => {
    expect(readMachineFacts(new FakeSys())).toMatchObject({ swapKind: "none", minTtlMs: 0 });
  });
});

describe("what a daemon says of itself", () => {
  const write = () => {
    const sys = new FakeSys();
    sys.atMs = 5_000;
    const options = someOptions({ dryRun: true, argv: ["-n", "--dry-run"] });
    const facts = { machine: readMachineFacts(sys), version: "1.2.3" };
    const text = standingText(sys, options, facts);
    expect(writeStanding(sys, "/run/bustd/daemon.json", text)).toBe(0);
    return String(sys.files.get("/run/bustd/daemon.json"));
  };

  test("is read back", () => {
    const path = join(directory, "daemon.json");
    writeFileSync(path, write());
    expect(readStanding(path)).toMatchObject({
      standing: {
        bustd: { version: "1.2.3", pid: 999, digest: digestOf(someOptions({ dryRun: true })) },
        startedWallMs: Date.UTC(2026, 10, 28, 12, 0, 5),
        startedAtMs: 5_000,
        dryRun: true,
        settings: { psiPercent: 25, mem: { softPercent: 10, hardPercent: 5 } },
        when: [],
        argv: ["-n", "--dry-run"],
      },
    });
  });

  const broken: readonly (readonly [string, string])[] = [
    ["", "it is cut short, or not JSON"],
    [write().slice(0, 50), "it is cut short, or not JSON"],
    [write().replace('"version":1', '"version":2'), "it is garbled, or of another version"],
    [write().replace('"pid":999', '"pid":-1'), "it is garbled, or of another version"],
    ["null", "it is garbled, or of another version"],
  ];

  test.each(broken)("is refused where it is %j", (content, problem) => {
    const path = join(directory, "broken.json");
    writeFileSync(path, content);
    expect(JSON.stringify(readStanding(path))).toContain(problem);
  });

  test("is nothing where none ever ran", () => {
    expect(readStanding(join(directory, "none.json"))).toBeNull();
  });
});

test("after a reload that failed, what the daemon says of itself stays as it was", () => {
  const sys = new FakeSys();
  const about = { options: someOptions(), version: "1.2.3", isRenewed: false };
  openRecorder(sys, SYSTEM_PLACES, { ...about, standing: "before" });
  openRecorder(sys, SYSTEM_PLACES, { ...about, standing: "" });
  expect(sys.files.get(SYSTEM_PLACES.standing)).toBe("before");
});
