import fc from "fast-check";
import type { Options } from "../../src/model/options.ts";
import type { Course } from "./courses.ts";
import type { PaperProcess } from "./paper-process.ts";
import type { Actor, Hardware } from "./hardware.ts";
import { someOptions } from "./nouns.ts";

/** A machine, who lives on it, and how the daemon was started. */
export interface Story {
  readonly hardware: Hardware;
  readonly actors: readonly Actor[];
  readonly options: Options;
  readonly forMs: number;
}

const MIB = 1024;
const OWN_PID = 999;
const XORG_PID = 50;
const EXEMPT_PID = 51;
const KERNEL_THREAD_PID = 7;
const FIRST_INNOCENT_PID = 60;
const PLOT_PID = 100;

/** Nobody of these may ever be signalled. */
export const SACRED_PIDS = new Set([1, KERNEL_THREAD_PID, OWN_PID, XORG_PID, EXEMPT_PID]);

/** Whether a process is of the plot, not one of those who were there before. */
export function isGuilty(pid: number): boolean {
  return pid >= PLOT_PID && pid < OWN_PID;
}

/** What the machine's memory can be shared out as. */
const USABLE = 0.94;

function hardwareArbitrary({
  costsMs,
  swapsKib,
}: Pick<Plan, "costsMs" | "swapsKib">): fc.Arbitrary<Hardware> {
  return fc.record({
    totalKib: fc.constantFrom(500 * MIB, 1000 * MIB, 4000 * MIB),
    swapTotalKib: fc.constantFrom(...swapsKib),
    swapKibPerS: fc.constantFrom(50 * MIB, 200 * MIB, 800 * MIB),
    cacheShare: fc.constantFrom(0, 0.5, 1),
    costMs: fc.constantFrom(...costsMs),
  });
}

/** In steps of a thousandth; fc.double would choose the exponent, and nearly all would be tiny. */
function share(max: number, min = 0): fc.Arbitrary<number> {
  return fc.integer({ min: 1000 * min, max: 1000 * max }).map((thousandths) => thousandths / 1000);
}

interface CastPlan {
  /** Least and most of memory that the cast takes together. */
  readonly together: readonly [number, number];
  readonly adjs: readonly number[];
  /** Most that one of those takes who may be ended. */
  readonly largest: number;
}

interface Member {
  readonly process: PaperProcess;
  readonly kind: "steady" | "idle";
  readonly share: number;
}

/** Everybody who is no part of the plot, and takes a share of memory together. */
function castArbitrary({ adjs, largest, together }: CastPlan): fc.Arbitrary<Member[]> {
  const innocent = fc.record({
    share: share(largest),
    kind: fc.constantFrom("steady" as const, "idle" as const),
    oomScoreAdj: fc.constantFrom(...adjs),
  });
  return fc
    .record({
      together: share(together[1], together[0]),
      exempt: fc.oneof(fc.constant(0), share(0.3)),
      own: fc.oneof(fc.constant(0.003), fc.constant(0.003), fc.constant(0.003), share(0.8)),
      innocents: fc.array(innocent, { maxLength: 5 }),
    })
    .map(({ exempt, innocents, own, together: wanted }) => {
      const cast: Member[] = [
        { process: { pid: 1, ppid: 0, comm: "init" }, kind: "idle", share: 0.01 },
        { process: { pid: KERNEL_THREAD_PID, ppid: 2, flags: 0x200000 }, kind: "idle", share: 0 },
        { process: { pid: OWN_PID, comm: "bustd" }, kind: "steady", share: own },
        { process: { pid: EXEMPT_PID, oomScoreAdj: -1000 }, kind: "idle", share: exempt },
        ...innocents.map(({ kind, oomScoreAdj, share: of }, i) => ({
          process: { pid: FIRST_INNOCENT_PID + i, comm: "innocent", oomScoreAdj },
          kind,
          share: of,
        })),
      ];
      const sum = cast.reduce((total, member) => total + member.share, 0);
      const scale = Math.min(1, wanted / sum);
      const rest = wanted - sum * scale;
      const xorg = {
        process: { pid: XORG_PID, comm: "Xorg" },
        kind: "steady",
        share: rest,
      } as const;
      return [...cast.map((member) => ({ ...member, share: member.share * scale })), xorg];
    });
}

const traitsArbitrary = fc.record({
  ignoresSigterm: fc.boolean(),
  stuck: fc.constantFrom(false, false, false, true),
  refuses: fc.constantFrom(false, false, false, true),
  dyingMs: fc.integer({ min: 0, max: 100 }),
});

/** What happens; sizes and rates are shares of the machine's memory. */
type Plot =
  | { readonly kind: "calm" }
  | { readonly kind: "leak"; readonly ratePerS: number }
  | { readonly kind: "settle"; readonly size: number; readonly ratePerS: number }
  | {
      readonly kind: "bursts";
      readonly count: number;
      readonly size: number;
      readonly forMs: number;
    }
  | {
      readonly kind: "storm";
      readonly count: number;
      readonly everyMs: number;
      readonly size: number;
    }
  | { readonly kind: "throttled"; readonly stallShare: number }
  | { readonly kind: "files"; readonly size: number; readonly fileShare: number };

const leakArbitrary = fc.record({
  kind: fc.constant("leak" as const),
  ratePerS: fc.constantFrom(0.1, 0.3),
});

/** A tenth of memory per second: a faster crowd, killed one by one, is not always survived. */
const SURVIVED_MS = 250;

/** One process after the other starts and takes two or three hundredths of memory. */
function stormArbitrary(fewest: number, everyMs: number): fc.Arbitrary<Plot> {
  return fc.record({
    kind: fc.constant("storm" as const),
    count: fc.integer({ min: fewest, max: 60 }),
    everyMs: fc.constant(everyMs),
    size: share(0.03, 0.02),
  });
}

const plotArbitrary: fc.Arbitrary<Plot> = fc.oneof(
  fc.constant({ kind: "calm" } as const),
  leakArbitrary,
  stormArbitrary(10, 150),
  fc.record({
    kind: fc.constant("settle" as const),
    size: share(0.6, 0.05),
    ratePerS: fc.constantFrom(0.1, 0.5),
  }),
  fc.record({
    kind: fc.constant("bursts" as const),
    count: fc.integer({ min: 1, max: 8 }),
    // Of what nobody has, and so just across the limits or not.
    size: share(1, 0.5),
    forMs: fc.integer({ min: 0, max: 150 }),
  }),
  fc.record({ kind: fc.constant("throttled" as const), stallShare: share(1) }),
  fc.record({
    kind: fc.constant("files" as const),
    size: share(0.2),
    fileShare: fc.oneof(share(1.5), share(0.15)),
  }),
);

/** The actors of a plot, from a time on, on a machine where others have this share already. */
function actorsOf(
  plot: Plot,
  fromMs: number,
  totalKib: number,
  taken: number,
): [PaperProcess, Course][] {
  const process: PaperProcess = { pid: PLOT_PID, comm: plot.kind };
  const kib = (of: number) => of * totalKib;
  switch (plot.kind) {
    case "calm":
      return [];
    case "leak":
      return [[process, { kind: "leak", kibPerS: kib(plot.ratePerS), fromMs }]];
    case "settle": {
      const course = {
        kind: "settle",
        sizeKib: kib(plot.size),
        kibPerS: kib(plot.ratePerS),
      } as const;
      return [[process, { ...course, fromMs }]];
    }
    case "bursts":
      return Array.from({ length: plot.count }, (_item, i) => [
        { ...process, pid: PLOT_PID + i },
        {
          kind: "burst",
          sizeKib: kib(Math.max(0, (USABLE - taken) * plot.size)),
          kibPerS: kib(2),
          fromMs: fromMs + 1000 * i,
          forMs: plot.forMs,
        },
      ]);
    case "storm":
      return Array.from({ length: plot.count }, (_item, i) => {
        const bornAtMs = fromMs + plot.everyMs * i;
        const ties = i === 0 ? {} : { ppid: PLOT_PID, pgid: PLOT_PID, sessionId: 40, bornAtMs };
        const growth = { kibPerS: kib(plot.size * 5), fromMs: bornAtMs };
        return [
          { ...process, sessionId: 40, pid: PLOT_PID + i, ...ties },
          { kind: "settle", sizeKib: i === 0 ? 1000 : kib(plot.size), ...growth },
        ];
      });
    case "throttled":
      return [[process, { kind: "throttled", sizeKib: 1000, stallShare: plot.stallShare }]];
    case "files":
      return [[process, { kind: "files", sizeKib: kib(plot.size), fileKib: kib(plot.fileShare) }]];
  }
}

const OPTIONS = someOptions({
  trim: false,
  rules: [
    {
      origin: "-u",
      match: { comm: [{ kind: "glob", source: "Xorg" }] },
      effect: { kind: "protect" },
    },
  ],
});

function castActors(cast: readonly Member[], totalKib: number): Actor[] {
  return cast.map(({ kind, process, share: of }) => ({
    process,
    course: { kind, sizeKib: of * totalKib },
  }));
}

interface Plan extends CastPlan {
  readonly plot: fc.Arbitrary<Plot>;
  readonly traits: fc.Arbitrary<Partial<PaperProcess>>;
  readonly costsMs: readonly number[];
  readonly swapsKib: readonly number[];
  /** 0: who does not want to judge by stalls waits until swap is full. */
  readonly psis: readonly number[];
}

function storyArbitrary({ plot, psis, traits, ...plan }: Plan): fc.Arbitrary<Story> {
  return fc
    .record({
      hardware: hardwareArbitrary(plan),
      cast: castArbitrary(plan),
      plot,
      traits,
      fromMs: fc.integer({ min: 200, max: 3000 }),
      psiPercent: fc.constantFrom(...psis),
    })
    .map(({ cast, fromMs, hardware, plot: chosen, psiPercent, traits: given }) => {
      const { totalKib } = hardware;
      const taken = cast.reduce((sum, member) => sum + member.share, 0);
      const guilty = actorsOf(chosen, fromMs, totalKib, taken).map(([process, course]) => ({
        process: { ...process, ...given },
        course,
      }));
      const actors = [...castActors(cast, totalKib), ...guilty];
      return { hardware, actors, options: { ...OPTIONS, psiPercent }, forMs: 9000 };
    });
}

/** Stories of all kinds. */
export const anyStory = storyArbitrary({
  together: [0.2, 0.91],
  adjs: [0, 0, 0, -500, 300],
  plot: plotArbitrary,
  traits: traitsArbitrary,
  largest: 0.5,
  costsMs: [0.02, 0.2, 1],
  psis: [0, 10, 25, 25],
  swapsKib: [0, 0, 100 * MIB, 500 * MIB, 2000 * MIB],
});

/**
 * One process or a storm takes all there is, nothing keeps the daemon from killing it, and without
 * it there is enough.
 */
export const hogStory = storyArbitrary({
  together: [0.2, 0.8],
  adjs: [0, 0, -500],
  plot: fc.oneof(leakArbitrary, stormArbitrary(60, SURVIVED_MS)),
  traits: traitsArbitrary.map((traits) => ({ ...traits, stuck: false, refuses: false })),
  largest: 0.2,
  costsMs: [0.02, 0.2],
  psis: [10, 25],
  swapsKib: [0, 500 * MIB, 2000 * MIB],
});
