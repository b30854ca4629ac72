import { expect, test } from "bun:test";
import { incidentOf } from "../../src/recorder/incident.ts";
import { killedOf, recordingOf } from "../../src/replay/of-incident.ts";
import { deathsOf } from "../../src/replay/stage.ts";
import { someParts } from "../helpers/recorded.ts";

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
