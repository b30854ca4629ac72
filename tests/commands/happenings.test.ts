import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { environmentOf, happeningsOf } from "../../src/commands/happenings.ts";
import type { IncidentKind, IncidentParts } from "../../src/model/incident.ts";
import type { Ending } from "../../src/model/event.ts";
import { aKill } from "../helpers/announced.ts";

const TELLER = { userOf: (uid: number) => `user-${uid}`, timeOf: () => "12:00" };

function outcome(ending: Ending): Partial<IncidentParts> {
  return { outcome: { ending, sigkill: true, tookMs: 1, errno: 1, signalled: 1, group: 0 } };
}

describe("what happened, to a hook", () => {
  const rows: readonly (readonly [string, IncidentKind, Partial<IncidentParts>, string])[] = [
    ["a kill, memory is back", "kill", { reliefMs: 7 }, "killed recovered"],
    ["a kill, memory is not back yet", "kill", { reliefMs: -1 }, "killed"],
    ["one that is stuck", "kill", { ...outcome("stuck"), reliefMs: -1 }, "killed"],
    ["the daemon was stopped", "kill", { ...outcome("interrupted"), reliefMs: -1 }, "killed"],
    ["the kernel refused it", "kill", outcome("refused"), ""],
    ["it was gone before", "kill", outcome("gone-before"), ""],
    ["a kill that goes on", "kill", { outcome: null }, ""],
    ["a dry run", "dry-run", {}, ""],
    ["nobody could be killed", "nobody", { outcome: null, reliefMs: -1 }, "nobody"],
    ["the kernel killed", "kernel", { outcome: null, selection: null }, "killed"],
  ];
  test.each(rows)("%s", (_what, kind, changes, events) => {
    expect(happeningsOf(aKill({ kind, ...changes })).join(" ")).toBe(events);
  });
});

describe("a hook's environment", () => {
  test("names the event, the victim and the rule", () => {
    expect(environmentOf("killed", aKill({ wallMs: 0 }), TELLER)).toMatchObject({
      BUSTD_EVENT: "killed",
      BUSTD_KIND: "kill",
      BUSTD_PID: "4242",
      BUSTD_UID: "1000",
      BUSTD_USER: "user-1000",
      BUSTD_COMM: "leak",
      BUSTD_RULE: "exhaustion",
      BUSTD_COUNT: "1",
      BUSTD_ENDING: "gone",
      BUSTD_INCIDENT: "19700101T000000.000Z-4242",
      BUSTD_TIME: "1970-01-01T00:00:00.000Z",
      BUSTD_MESSAGE: "leak (pid 4242) was killed on 12:00.",
    });
  });

  test("is empty where nobody is named", () => {
    const nobody = aKill({ kind: "nobody", selection: null, outcome: null });
    const { BUSTD_COMM, BUSTD_PID, BUSTD_UID, BUSTD_USER } = environmentOf(
      "nobody",
      nobody,
      TELLER,
    );
    expect([BUSTD_COMM, BUSTD_PID, BUSTD_UID, BUSTD_USER]).toEqual(["", "", "", ""]);
  });

  test("holds nothing that cannot be printed, and no end of a text, whatever names hold", () => {
    const texts = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(
      fc.property(texts, texts, (comm, user) => {
        const kill = aKill({}, 42, comm);
        const env = environmentOf("killed", kill, { ...TELLER, userOf: () => user });
        for (const [name, value] of Object.entries(env)) {
          expect(name).toMatch(/^(BUSTD_[A-Z_]+|PATH|LANG)$/);
          expect(value).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
      }),
    );
  });
});
