import { describe, expect, spyOn, test } from "bun:test";
import type { Options } from "../../src/model/options.ts";
import type { Selection } from "../../src/model/selection.ts";
import type { Course } from "../helpers/courses.ts";
import type { Hardware } from "../helpers/hardware.ts";
import { randomMachine } from "../helpers/random-machines.ts";
import { SimulatedKernel } from "../helpers/simulated-kernel.ts";
import { KillWarner } from "../../src/warn/warner.ts";
import { eventsOf, type Watched, watch } from "../helpers/watch.ts";

const MIB = 1024;
const GIB = 1024 * MIB;
const HOG = 100;
const MINUTE_MS = 60_000;

const LARGE: Hardware = {
  totalKib: 8 * GIB,
  swapTotalKib: 0,
  swapKibPerS: 100 * MIB,
  cacheShare: 0.5,
  costMs: 0.02,
};
/** As the machine of the stories has it. */
const SMALL: Hardware = { ...LARGE, totalKib: GIB, swapTotalKib: GIB / 2, swapKibPerS: 40 * MIB };

/** A machine of which half is in use by others, and on it whoever is born when. */
function kernel(
  hardware: Hardware,
  ...courses: readonly (readonly [bornAtMs: number, course: Course])[]
): SimulatedKernel {
  const old: Course = { kind: "idle", sizeKib: hardware.totalKib * 0.3 };
  return new SimulatedKernel(hardware, [
    { process: { pid: 50, comm: "old", startMs: 1000 }, course: old },
    ...courses.map(([bornAtMs, course], i) => ({
      process: { pid: HOG + i, comm: "hog", bornAtMs },
      course,
    })),
  ]);
}

function leak(mibPerS: number, fromMs = 1000): readonly [number, Course] {
  return [fromMs, { kind: "leak", kibPerS: mibPerS * MIB, fromMs }];
}

function run(sys: SimulatedKernel, forMs: number, changes: Partial<Options> = {}): Watched {
  return watch(sys, forMs, { warn: true, ...changes });
}

/** What was said of warnings and kills, and when, in whole seconds. */
function told({ reported }: Watched): string[] {
  return reported.flatMap(({ atMs, event: { kind } }) =>
    kind === "warned" || kind === "killing" ? [`${Math.round(atMs / 1000)} s ${kind}`] : [],
  );
}

const CAP_KILL = "0000000000000020";

describe("a leak", () => {
  test("far from the limit is told of once, when it has gone on for as long as is left", () => {
    const watched = run(kernel(LARGE, leak(40)), 4 * MINUTE_MS);
    const [warned] = eventsOf(watched, "warned");
    expect(eventsOf(watched, "warned")).toHaveLength(1);
    expect(warned).toMatchObject({
      isFar: true,
      selection: { victims: [{ process: { pid: HOG } }] },
    });
    const times = watched.reported.filter(({ event: { kind } }) => /warned|killing/.test(kind));
    expect(times.map(({ event: { kind } }) => kind)).toEqual(["warned", "killing"]);
    // The forecast holds.
    const [at, killedAt] = times.map(({ atMs }) => atMs);
    expect(warned?.leftMs).toBeWithin(20_000, 90_000);
    expect(Math.abs((killedAt ?? 0) - (at ?? 0) - (warned?.leftMs ?? 0))).toBeLessThan(6000);
  });

  test("of 60 MiB/s with swap is told of before the kill", () => {
    const watched = run(kernel(SMALL, leak(60)), MINUTE_MS);
    expect(watched.reported.map(({ event: { kind } }) => kind).filter(isTold)).toEqual([
      "warned",
      "killing",
    ]);
    expect(eventsOf(watched, "warned")[0]).toMatchObject({ isFar: false });
  });

  test("is not told of again within ten minutes, but after that", () => {
    const sys = kernel(LARGE, leak(40), leak(40, 5 * MINUTE_MS), leak(40, 12 * MINUTE_MS));
    const kinds = told(run(sys, 15 * MINUTE_MS)).map((line) => line.split(" ").at(-1));
    expect(kinds).toEqual(["warned", "killing", "killing", "warned", "killing"]);
  });

  test("is told of where somebody was warned of who has stopped since, and no third one", () => {
    const old: Course = { kind: "settle", sizeKib: 3.4 * GIB, kibPerS: 30 * MIB, fromMs: 1000 };
    const sys = kernel(LARGE, [1000, old], leak(12, 130_000), leak(15, 300_000));
    const watched = run(sys, 7 * MINUTE_MS);
    expect(eventsOf(watched, "warned").map(({ selection }) => pidOf(selection))).toEqual([
      HOG,
      HOG + 1,
    ]);
    const killed = eventsOf(watched, "killing").map(({ selection }) => pidOf(selection));
    expect(killed).toEqual([HOG + 1, HOG + 2]);
  });

  test("is not told of where nobody wants that", () => {
    const watched = run(kernel(LARGE, leak(40)), 4 * MINUTE_MS, { warn: false });
    expect(told(watched)).toHaveLength(1);
  });

  test("of another user's is none of a user's daemon's", () => {
    const sys = kernel(LARGE, leak(40));
    sys.uid = 1000;
    sys.change(HOG, { uid: 1001 });
    expect(told(run(sys, 4 * MINUTE_MS))).toEqual([expect.stringMatching(/ killing$/)]);
    const own = kernel(LARGE, leak(40));
    own.uid = 1000;
    own.change(HOG, { uid: 1000 });
    expect(eventsOf(run(own, 4 * MINUTE_MS), "warned")).toHaveLength(1);
  });

  test.each([
    [CAP_KILL, 1],
    ["000000000000005f", 0],
  ])("of anybody's is a service's that may kill them: CapEff %s", (capabilities, warnings) => {
    const sys = kernel(LARGE, leak(40));
    sys.uid = 61_184;
    sys.change(HOG, { uid: 1000 });
    const status = new TextEncoder().encode(`CapPrm:\t${CAP_KILL}\nCapEff:\t${capabilities}\n`);
    const others = sys.readProcessFile.bind(sys);
    sys.readProcessFile = (pid, name) => {
      if (pid !== sys.ownPid() || name !== "status") {
        return others(pid, name);
      }
      sys.text.set(status);
      return status.length;
    };
    expect(eventsOf(run(sys, 4 * MINUTE_MS), "warned")).toHaveLength(warnings);
  });
});

function pidOf({ victims }: Selection): number | undefined {
  return victims[0]?.process.pid;
}

function isTold(kind: string): boolean {
  return kind === "warned" || kind === "killing";
}

describe("nobody is warned", () => {
  const settle = (share: number, mibPerS: number): readonly [number, Course] => [
    1000,
    { kind: "settle", sizeKib: LARGE.totalKib * share, kibPerS: mibPerS * MIB, fromMs: 1000 },
  ];

  test.each([
    ["of a newcomer that settles", [settle(0.5, 200)]],
    ["of one that settles fast", [settle(0.55, 2000)]],
    ["of a slow one that is far from all", [settle(0.15, 10)]],
    ["of nobody", []],
    [
      "of many that come one after the other",
      Array.from({ length: 12 }, (_, i): readonly [number, Course] => [
        1000 + 4000 * i,
        { kind: "settle", sizeKib: LARGE.totalKib * 0.04, kibPerS: 300 * MIB, fromMs: 1000 },
      ]),
    ],
    [
      "of one that takes and gives back",
      [
        [
          1000,
          { kind: "burst", sizeKib: 4 * GIB, kibPerS: 500 * MIB, fromMs: 1000, forMs: 5000 },
        ] as const,
      ],
    ],
  ] as const)("%s", (_whom, courses) => {
    expect(told(run(kernel(LARGE, ...courses), 3 * MINUTE_MS))).toEqual([]);
  });

  test("of one that has stopped a few seconds before it is looked at again", () => {
    const totalKib = Math.round(3.485 * GIB);
    const sys = new SimulatedKernel({ ...LARGE, totalKib }, [
      {
        process: { pid: 50, comm: "old", startMs: 1000 },
        course: { kind: "idle", sizeKib: totalKib * 0.1624 },
      },
      {
        process: { pid: HOG, comm: "newcomer", bornAtMs: 1000 },
        course: { kind: "settle", sizeKib: 1.991 * GIB, kibPerS: 75.66 * MIB, fromMs: 1000 },
      },
    ]);
    expect(told(run(sys, MINUTE_MS))).toEqual([]);
  });

  test("where memory goes by fits and starts", () => {
    const fits = Array.from({ length: 4 }, (_, i): readonly [number, Course] => {
      const fromMs = 1000 + 20_000 * i;
      return [fromMs, { kind: "settle", sizeKib: GIB, kibPerS: 2 * GIB, fromMs }];
    });
    expect(told(run(kernel(LARGE, ...fits), 2 * MINUTE_MS))).toEqual([]);
  });
});

test("what the daemon decides by is the same after a look of the warner's as before", () => {
  const { look: really } = KillWarner.prototype;
  let looks = 0;
  const spied = spyOn(KillWarner.prototype, "look").mockImplementation(function (
    this: KillWarner,
    daemon,
  ) {
    const seen = () => {
      const { asked, course, crisis, ledger, machine, reading } = daemon;
      const kills = crisis.kills.length;
      const rest = { ...crisis, kills };
      return structuredClone({ asked, course, ledger, machine, reading, rest });
    };
    const before = seen();
    really.call(this, daemon);
    expect(seen()).toEqual(before);
    looks++;
  });
  try {
    expect(told(run(kernel(SMALL, leak(60)), 20_000))).toHaveLength(2);
    expect(looks).toBeGreaterThan(50);
  } finally {
    spied.mockRestore();
  }
});

describe("whom the daemon kills, and when, does not depend on warnings", () => {
  const seeds = Array.from({ length: 40 }, (_item, i) => i + 1);
  let warnings = 0;

  // One by one: all together take longer than a test may on a machine that is busy.
  test.each(seeds)("on machine %d", (seed) => {
    const { actors, forMs, hardware } = randomMachine(seed);
    const kills = (warn: boolean) => {
      // Where calls take no time, no clock tells whether there were more of them.
      const sys = new SimulatedKernel({ ...hardware, costMs: 0 }, structuredClone(actors));
      const watched = watch(sys, forMs, { warn });
      warnings += eventsOf(watched, "warned").length;
      return watched.log.filter((line) => !line.endsWith("warned"));
    };
    expect(kills(true)).toEqual(kills(false));
  });

  test("and there are some", () => expect(warnings).toBeGreaterThan(5));
});
