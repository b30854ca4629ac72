import { expect, test } from "bun:test";
import { incidentOf } from "../../src/recorder/incident.ts";
import { adviceOf } from "../../src/report/advice.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";
import { someParts } from "../helpers/recorded.ts";

test.each([
  ["enough with what prefer gives", 720, 0, true],
  ["too far behind", 700, 0, false],
  ["not to be preferred, as its oom_score_adj says", 900, -1, false],
])("the next one, %s (%i, %i): a rule that prefers it is proposed: %p", (...row) => {
  const [, score, oomScoreAdj, isProposed] = row;
  const victim = aCandidate(aProcess(4242, { comm: "leak" }), { score: 1012 });
  const next = aCandidate(aProcess(77, { comm: "database", oomScoreAdj }), { score });
  const parts = someParts({
    candidates: [victim, next],
    selection: aSelection([victim], { next }),
  });
  const advice = adviceOf(incidentOf(parts));
  expect(advice[0]).toStartWith("Never kill leak");
  expect(advice.some((line) => line.startsWith("Kill database first"))).toBe(isProposed);
});
