import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { MAX_INCIDENTS, writeIncident } from "../../src/recorder/incidents.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { PaperRing, someParts } from "../helpers/recorded.ts";

const DIRECTORY = "/var/lib/bustd/incidents";
const NAME = "20261128T120000.123Z-4242.json";

const idsOf = (sys: FakeSys) => sys.listNames(DIRECTORY).toSorted();

describe("writing an incident", () => {
  test("makes the directory and one whole document", () => {
    const paper = new PaperRing();
    const incident = incidentOf(someParts());
    expect(writeIncident(paper.sys, DIRECTORY, incident, paper.ring)).toBe(0);
    expect(idsOf(paper.sys)).toEqual([NAME]);
    expect(JSON.parse(String(paper.sys.files.get(`${DIRECTORY}/${NAME}`)))).toEqual(incident);
    expect(paper.content()).toMatchObject({ incidentsWritten: 1, incidentsLost: 0 });
    expect(paper.sys.calls.slice(2)).toEqual([
      "1000ms make /var/lib/bustd/incidents",
      `1000ms replace ${DIRECTORY}/${NAME}`,
    ]);
  });

  test("once more takes the place of the first", () => {
    const sys = new FakeSys();
    writeIncident(sys, DIRECTORY, incidentOf(someParts()), null);
    writeIncident(sys, DIRECTORY, incidentOf(someParts({ reliefMs: 900 })), null);
    expect(idsOf(sys)).toEqual([NAME]);
    expect(String(sys.files.get(`${DIRECTORY}/${NAME}`))).toContain('"reliefMs":900');
  });

  test("keeps the newest hundred, and leaves what is not its own", () => {
    const sys = new FakeSys();
    sys.files.set(`${DIRECTORY}/notes.json`, "mine");
    sys.files.set(`${DIRECTORY}/20260101T000000.000Z-1.json.tmp`, "half");
    const { wallMs } = someParts();
    for (let i = 0; i < MAX_INCIDENTS + 20; i++) {
      writeIncident(sys, DIRECTORY, incidentOf(someParts({ wallMs: wallMs + 1000 * i })), null);
    }
    const ids = idsOf(sys);
    expect(ids).toHaveLength(MAX_INCIDENTS + 1);
    expect(ids.at(-1)).toBe("notes.json");
    expect(ids[0]).toBe("20261128T120020.123Z-4242.json");
  });

  test("makes room by the oldest of dry runs, by a real one where there is no other", () => {
    const sys = new FakeSys();
    const { wallMs } = someParts();
    const write = (i: number, kind: "kill" | "dry-run") =>
      writeIncident(
        sys,
        DIRECTORY,
        incidentOf(someParts({ kind, wallMs: wallMs + 1000 * i })),
        null,
      );
    for (let i = 0; i < MAX_INCIDENTS - 5; i++) {
      write(i, "kill");
    }
    for (let i = 0; i < 20; i++) {
      write(1_000 + i, "dry-run");
    }
    const real = (ids: readonly string[]) => ids.filter((id) => !id.endsWith("-dry.json"));
    expect(idsOf(sys)).toHaveLength(MAX_INCIDENTS);
    expect(real(idsOf(sys))).toHaveLength(MAX_INCIDENTS - 5);
    expect(idsOf(sys).at(-1)).toBe("20261128T121659.123Z-4242-dry.json");
    for (let i = 0; i < 10; i++) {
      write(2_000 + i, "kill");
    }
    expect(real(idsOf(sys))).toHaveLength(MAX_INCIDENTS);
    expect(idsOf(sys)[0]).toBe("20261128T120005.123Z-4242.json");
    // Beside so many real ones there is room for the last dry one.
    const reals = real(idsOf(sys));
    write(3_000, "dry-run");
    write(3_001, "dry-run");
    expect(idsOf(sys)).toEqual([...reals, "20261128T125001.123Z-4242-dry.json"]);
    write(3_002, "kill");
    expect(idsOf(sys)).toEqual([...reals.slice(1), "20261128T125002.123Z-4242.json"]);
  });

  test("that fails is counted, with its reason, and changes nothing", () => {
    const paper = new PaperRing();
    paper.sys.refused.set("replaceFile", Errno.ENOSPC);
    const incident = incidentOf(someParts());
    expect(writeIncident(paper.sys, DIRECTORY, incident, paper.ring)).toBe(-Errno.ENOSPC);
    expect(idsOf(paper.sys)).toEqual([]);
    expect(paper.content()).toMatchObject({
      incidentsWritten: 0,
      incidentsLost: 1,
      lostErrno: Errno.ENOSPC,
    });
  });
});
