import { describe, expect, test } from "bun:test";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { explanationLines } from "../../src/report/explanation.ts";
import { Signal } from "../../src/sys/sys.ts";
import { incidentsIn, machineThat } from "../helpers/incidents-of.ts";
import { watch } from "../helpers/watch.ts";

describe("SIGUSR1", () => {
  test("keeps how things stand, and kills nobody", () => {
    const sys = machineThat(Infinity);
    sys.at(5_000, Signal.SIGUSR1);
    const watched = watch(sys, 20_000, {}, { places: SYSTEM_PLACES });
    expect([watched.code, watched.signals]).toEqual([0, []]);
    const [incident, ...others] = incidentsIn(sys);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      kind: "asked",
      verdict: null,
      outcome: null,
      selection: {
        victims: [],
        victimCount: 0,
        next: { pid: 42 },
        candidates: [{ pid: 42 }, { pid: 43 }],
      },
    });
    expect(incident?.atMs).toBeWithin(5_000, 5_100);
    expect(incident?.looks.atMs.at(-1)).toBeGreaterThan(5_000);
    const canvas = { columns: 100, rows: 5, isUtf8: true, hasColor: false };
    const teller = { userOf: String, timeOf: () => "Monday" };
    const lines = explanationLines(incident!, teller, canvas);
    expect(lines[0]).toBe("State on Monday, at the user's request (SIGUSR1); nobody was killed.");
    expect(lines[2]).toBe("Who would be killed first");
    expect(lines[3]).toStartWith("  hog (pid 42), ");
    expect(lines[4]).toStartWith("  editor (pid 43), ");
  });

  test("waits while a victim is dying, and harms no kill", () => {
    const sys = machineThat(3_000);
    sys.at(3_200, Signal.SIGUSR1);
    const watched = watch(sys, 20_000, {}, { places: SYSTEM_PLACES });
    expect(watched.signals).toHaveLength(1);
    const kinds = incidentsIn(sys).toSorted((a, b) => a.atMs - b.atMs);
    expect(kinds.map(({ kind }) => kind)).toEqual(["kill", "asked"]);
    expect(kinds[1]?.selection?.candidates).toMatchObject([{ pid: 43 }]);
  });

  test("is forgotten in memory a minute later, by a start in place", () => {
    const sys = machineThat(Infinity);
    sys.at(5_000, Signal.SIGUSR1);
    const live = () => watch(sys, 90_000, { trim: true }, { places: SYSTEM_PLACES });
    expect(live).toThrow("restarted with BUSTD_OPTIONS_FD");
    const restart = sys.calls.find((call) => call.includes("restart"));
    expect(Number.parseFloat(restart ?? "")).toBeWithin(65_000, 76_000);
  });

  test("is no kill where there is no recorder, and SIGTERM ends it all the same", () => {
    const sys = machineThat(Infinity);
    sys.at(5_000, Signal.SIGUSR1);
    const watched = watch(sys, 8_000);
    expect([watched.code, watched.signals]).toEqual([0, []]);
  });
});
