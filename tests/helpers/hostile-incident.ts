import type { Incident } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { aCandidate, aProcess, aSelection } from "./nouns.ts";
import { someParts } from "./recorded.ts";

const EVIL = `</script><script>alert(1)</script>"'><img src=x onerror=alert(2)>\x1b[31m`;
const LONG = `${"/a/very/long/path".repeat(9)}${"x".repeat(200)}`;
const MANY = 30;

function aVictim(index: number) {
  const comm = index % 2 === 0 ? EVIL : "Isolated Web Co";
  const process = aProcess(101 + index, {
    comm,
    oomScore: 1100 - index * 30,
    cgroup: `/user.slice/app-${"y".repeat(200)}.scope`,
  });
  const points = [
    { origin: "growth", points: 150 },
    { origin: `avoid ${LONG}`, points: -50 },
  ];
  return aCandidate(process, { score: process.oomScore + 100, points });
}

/** As large as an incident can be, and every name in it is an attack. */
export function hostileIncident(): Incident {
  const victims = Array.from({ length: MANY }, (_, index) => aVictim(index));
  const spared = victims.map(({ process }) => ({
    process,
    because: "protected" as const,
    origin: LONG,
  }));
  const group = {
    tie: "process-group" as const,
    id: "101",
    count: MANY,
    tookKib: 9e5,
    isStorm: false,
  };
  const takers = victims.map(({ process }) => ({
    pid: process.pid,
    comm: process.comm,
    tookKib: 30_000,
  }));
  return incidentOf(
    someParts({
      selection: aSelection(victims, { next: aVictim(90), spared, group }),
      candidates: victims,
      details: victims.map(({ process }) => ({
        pid: process.pid,
        exe: LONG,
        cmdline: `${EVIL} ${"s".repeat(600)}`,
      })),
      attribution: {
        sinceMs: 240_000,
        lostKib: 900_000,
        takers,
        unownedKib: { shmem: 200_000, slab: 90_000, hugetlb: 50_000 },
      },
    }),
  );
}
