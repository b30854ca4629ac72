/** The executable attacked in virtual machines, by users where rights are not needed: first as
 * root, then with exactly the rights of its systemd unit. Each attack has a machine of its own, so
 * that nothing it leaves behind is taken for the next one's doing. */
import { describe, expect, test } from "bun:test";
import { rootRights, serviceRights, type Rights } from "../rights.ts";
import type { Attack } from "./attack.ts";
import { attacks } from "./attacks.ts";
import { describeResult, judge } from "./judge.ts";
import { missingForMachines, play } from "./machine.ts";

const timeoutMs = 900_000;
const missing = missingForMachines();
const why = missing.length > 0 ? ` (left out: ${missing.join(", ")} missing)` : "";

const subjects: [name: string, rightsFor: (attack: Attack) => Rights][] = [
  ["root", () => rootRights],
  ["the unit's rights", ({ moreCapabilities }) => serviceRights(moreCapabilities ?? [])],
];

for (const [name, rightsFor] of subjects) {
  describe.skipIf(why !== "")(`a daemon with ${name}${why}`, () => {
    for (const [attackName, attack] of Object.entries(attacks)) {
      test(
        `${attackName}: ${attack.about}`,
        async () => {
          const result = await play(attack, rightsFor(attack));
          expect(judge(attack, result), describeResult(attack, result)).toEqual([]);
        },
        timeoutMs,
      );
    }
  });
}
