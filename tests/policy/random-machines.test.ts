import { expect, test } from "bun:test";
import { runDaemon } from "../../src/daemon.ts";
import { firstKill, randomMachine } from "../helpers/random-machines.ts";

const MACHINES = 120;

test("whoever took half or more of what was lost is killed first, from 64 MiB to 1 TiB", () => {
  let explained = 0;
  for (let seed = 1; seed <= MACHINES; seed++) {
    const kill = firstKill(randomMachine(seed), runDaemon);
    expect(kill, `seed ${seed}: somebody is killed`).not.toBeNull();
    if (kill?.isExplained === true) {
      explained++;
      expect(kill.isRight, `seed ${seed}: ${kill.comms.join(", ")}`).toBe(true);
    }
  }
  expect(explained).toBeGreaterThan(MACHINES * 0.9);
}, 120_000);

// On these, the daemon looks while much is free, and at the next look nearly nothing is.
test.each([14_781, 17_451, 12_231, 155_234])(
  "who still takes it dies where nobody's size was noted: %d",
  (seed) => {
    const kill = firstKill(randomMachine(seed), runDaemon);
    expect(kill?.comms.every((comm) => comm === "hog")).toBe(true);
  },
);

// On these, all of those who took most rest while another one goes on a little.
test.each([817_726, 840_661, 867_464, 884_201])(
  "nobody dies who took less than a tenth while others took half: %d",
  (seed) => {
    const kill = firstKill(randomMachine(seed), runDaemon);
    expect(kill?.comms.every((comm) => comm === "hog")).toBe(true);
  },
);

test.each([1200, 1500, 1900, 2500])(
  "where who took it from %d ms on has stopped by then, nobody dies for growing by pages",
  (fromMs) => {
    const GIB = 2 ** 20;
    const process = (pid: number, comm: string) => ({ pid, comm, startMs: 1000 });
    const hardware = { ...randomMachine(17_451).hardware, totalKib: 16 * GIB, swapTotalKib: 0 };
    for (const kibPerS of [200, 2000, 20_000]) {
      const actors = [
        { process: process(50, "editor"), course: { kind: "idle" as const, sizeKib: 6 * GIB } },
        { process: process(60, "noisy"), course: { kind: "leak" as const, kibPerS, fromMs: 500 } },
        {
          process: process(100, "hog"),
          course: { kind: "settle" as const, sizeKib: 8.6 * GIB, kibPerS: 20 * GIB, fromMs },
        },
      ];
      const kill = firstKill({ about: "", hardware, actors, forMs: 60_000 }, runDaemon);
      expect(kill?.comms).toEqual(["hog"]);
    }
  },
);

test("the same seed is the same machine", () => {
  expect(randomMachine(7)).toEqual(randomMachine(7));
  expect(randomMachine(7)).not.toEqual(randomMachine(8));
});
