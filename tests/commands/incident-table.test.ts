import { describe, expect, test } from "bun:test";
import { incidentTable } from "../../src/commands/incident-table.ts";
import { localTime, zoneOf } from "../../src/commands/moments.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { hostileIncident } from "../helpers/hostile-incident.ts";
import { someParts } from "../helpers/recorded.ts";

const userOf = (uid: number) => (uid === 1000 ? "anna" : String(uid));
const kill = incidentOf(someParts());
const { wallMs } = kill;

describe("the list of incidents", () => {
  test("has all columns where they fit, and the most important ones in 80", () => {
    const time = localTime(wallMs).slice(5, -3);
    const zone = `TIME ${zoneOf(wallMs)}`.padEnd(11);
    expect(incidentTable([kill], userOf, 100)).toEqual([
      `ID                        ${zone} NAME            USER     RULE       FREED  GONE WHAT`,
      `20261128T120000.123Z-4242 ${time} leak            anna     exhaustion  640M 0.14s kill`,
    ]);
    expect(incidentTable([kill], userOf, 80)).toEqual([
      `ID                        ${zone} NAME            RULE       FREED WHAT`,
      `20261128T120000.123Z-4242 ${time} leak            exhaustion  640M kill`,
    ]);
  });

  test("is no wider than 80 columns where it need not, and cuts no id, whatever names do", () => {
    const dry = { ...incidentOf(someParts({ kind: "dry-run" })) };
    const incidents = [
      kill,
      hostileIncident(),
      dry,
      { ...dry, id: dry.id.replace("4242", "4194304") },
    ];
    const lines = incidentTable(incidents, userOf, 80);
    for (const [i, incident] of incidents.entries()) {
      expect(lines[i + 1]).toStartWith(`${incident.id} `);
    }
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.join("")).not.toMatch(/\p{Cc}/u);
  });

  test("tells of what had no victim, or did not end well", () => {
    const what = (changes: Parameters<typeof someParts>[0]) =>
      incidentTable([incidentOf(someParts(changes))], userOf, 80)[1]
        ?.split(/ +/)
        .at(-1);
    const outcome = { ...someParts().outcome!, ending: "stuck" as const };
    expect(what({ outcome })).toBe("stuck");
    const kernel = { kills: 1, victims: [] };
    const nothing = { selection: null, verdict: null, outcome: null, candidates: [] } as const;
    expect(what({ kind: "kernel", kernel, ...nothing })).toBe("kernel");
    expect(what({ kind: "asked", ...nothing })).toBe("asked");
  });
});
