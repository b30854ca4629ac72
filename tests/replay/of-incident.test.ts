import { expect, test } from "bun:test";
import { incidentOf } from "../../src/recorder/incident.ts";
import { killedOf } from "../../src/replay/of-incident.ts";
import { someParts } from "../helpers/recorded.ts";

test("bustd killed who was a victim and is gone", () => {
  expect(killedOf(incidentOf(someParts()))).toEqual([{ pid: 4242, by: "bustd" }]);
});

test("bustd killed nobody in a dry run, and not who is still there", () => {
  expect(killedOf(incidentOf(someParts({ kind: "dry-run" })))).toEqual([]);
  const { outcome, ...parts } = someParts();
  const stuck = outcome === null ? null : { ...outcome, ending: "stuck" as const };
  expect(killedOf(incidentOf({ ...parts, outcome: stuck }))).toEqual([]);
});
