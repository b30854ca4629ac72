import { expect, test } from "bun:test";
import { runDaemon } from "../../src/daemon.ts";
import { Mark } from "../../src/model/recorded.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { killedOf, recordingOf } from "../../src/replay/of-incident.ts";
import { replay } from "../../src/replay/replay.ts";
import { deathsOf } from "../../src/replay/stage.ts";
import { someOptions } from "../helpers/nouns.ts";
import { leakLooks, someParts } from "../helpers/recorded.ts";

test("bustd killed who was a victim and is gone", () => {
  expect(killedOf(incidentOf(someParts()))).toEqual([{ pid: 4242, by: "bustd" }]);
});

test("a victim is dying from its signal on, and bustd's doing when it is gone", () => {
  const recording = recordingOf(incidentOf(someParts()));
  if (typeof recording === "string") {
    throw new Error(recording);
  }
  const firstMs = incidentOf(someParts()).looks.atMs[0] ?? 0;
  const [death] = deathsOf(recording);
  expect(death).toMatchObject({ by: "bustd", process: { pid: 4242 } });
  expect((death?.dyingAtMs ?? 0) + firstMs).toBe(0);
  expect((death?.atMs ?? 0) + firstMs).toBe(200);
});

test("bustd killed nobody in a dry run, and not who is still there", () => {
  expect(killedOf(incidentOf(someParts({ kind: "dry-run" })))).toEqual([]);
  const { outcome, ...parts } = someParts();
  const stuck = outcome === null ? null : { ...outcome, ending: "stuck" as const };
  expect(killedOf(incidentOf({ ...parts, outcome: stuck }))).toEqual([]);
});

test.each([
  ["asked", true],
  ["kill", false],
] as const)(
  "of one of kind %s it is said that the dead of before are unknown: %p",
  (kind, isSaid) => {
    const recording = recordingOf(incidentOf({ ...someParts(), kind }));
    expect(JSON.stringify(recording).includes("who lived when it was asked for")).toBe(isSaid);
  },
);

test("where only free memory was read, a replay kills nobody for what files hold", () => {
  const looks = leakLooks().map((look) => {
    const isFreeOnly = look.atMs < 285_000 || look.atMs > 304_000;
    const files = { marks: look.marks | Mark.FREE_ONLY, availableKib: 300 * 1024 };
    return isFreeOnly ? { ...look, ...files } : look;
  });
  const recording = recordingOf(incidentOf(someParts({ looks })));
  if (typeof recording === "string") {
    throw new Error(recording);
  }
  const mem = { softPercent: 40, hardPercent: 20 };
  const options = someOptions({ psiPercent: 0, mem, swap: { softPercent: 100, hardPercent: 50 } });
  const [first, ...others] = replay(runDaemon, recording, options);
  expect((first?.atMs ?? 0) + 240_000).toBeGreaterThan(285_000);
  expect(others).toEqual([]);
});
