import { readIncident } from "../../src/commands/read-incident.ts";
import type { Incident } from "../../src/model/incident.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { FakeSys } from "./fake-sys.ts";
import { memoryAt } from "./watch.ts";

/** Two processes, and memory that is short from this time on while the larger one lives. */
export function machineThat(shortFromMs: number): FakeSys {
  const sys = new FakeSys().add(
    { pid: 1, comm: "init", ppid: 0, oomScore: 0, rssKib: 9_000 },
    { pid: 42, comm: "hog", oomScore: 900, rssKib: 800_000, dyingMs: 400, cmdline: "hog\0-s3cret" },
    { pid: 43, comm: "editor", oomScore: 700, rssKib: 80_000 },
  );
  sys.atMs = 1;
  sys.machine = (machine) => memoryAt(machine.atMs >= shortFromMs && machine.isAlive(42) ? 8 : 80);
  return sys;
}

/** The incidents that a daemon wrote there. */
export function incidentsIn({ files }: FakeSys): Incident[] {
  return [...files].flatMap(([path, content]) => {
    if (!path.startsWith(`${SYSTEM_PLACES.incidents}/`)) {
      return [];
    }
    const read = readIncident(String(content));
    if ("problem" in read) {
      throw new Error(read.problem);
    }
    return [read.incident];
  });
}
