import type { Acting, Event } from "./model/event.ts";
import { FROZEN_WINDOW_MS, SCARCE_LOOK_MS } from "./model/limits.ts";
import type { Options, Rule } from "./model/options.ts";
import type { Enough, Reading } from "./model/reading.ts";
import { clearTrend, remember, type Trend } from "./policy/trend.ts";
import type { Machine } from "./readings/machine.ts";
import { forgetSizes, type SizeNotes } from "./readings/sizes.ts";
import { journalReport, plainReport, type Report } from "./report/plain.ts";
import { withStatus } from "./report/systemd.ts";
import type { Sys } from "./sys/sys.ts";
import { ITSELF, NULL_DEVICE, type Part, understudy } from "./understudy.ts";

/** What one rehearsal plays: with these options, and a victim that ends, or not. */
interface Scene extends Part {
  readonly options: Partial<Options>;
  /** All have grown since the scan before: a family. */
  readonly grown?: boolean;
  /** Memory in use is read back; else it only shrinks. */
  readonly thrashes?: false;
}

/** Numbers with a fraction are printed in another way. */
const PSI_PERCENT = 1.25;
const ALL = { softPercent: 100, hardPercent: 100 };
const SOFT = { softPercent: 100, hardPercent: -1 };
const NEVER = { softPercent: -1, hardPercent: -1 };
/** All that the understudy shows have such a name, and the glob takes each of its steps. */
const PROTECT_ALL: Rule = {
  origin: "rehearsal",
  match: { comm: [{ kind: "glob", source: "re?ea*" }] },
  effect: { kind: "protect" },
};

/** As the user wants it. */
const FINALE: Scene = { options: {}, victimEnds: true };

/** Every rule, a victim that ends and one that does not, nobody to end, and the user's options. */
const SCENES: readonly Scene[] = [
  { options: { mem: ALL, swap: ALL, when: null, dryRun: false }, victimEnds: true },
  {
    options: { mem: ALL, swap: ALL, when: null, dryRun: false },
    victimEnds: true,
    grown: true,
  },
  {
    options: { mem: ALL, swap: ALL, when: null, dryRun: false },
    victimEnds: true,
    grown: true,
    orphans: true,
  },
  {
    options: { mem: ALL, swap: ALL, when: null, dryRun: false },
    victimEnds: true,
    grown: true,
    processes: 1,
  },
  { options: { mem: SOFT, swap: ALL, when: null, dryRun: false }, victimEnds: false },
  { options: { mem: SOFT, swap: ALL, when: null, dryRun: false }, victimEnds: true },
  { options: { mem: ALL, swap: NEVER, when: null, psiPercent: PSI_PERCENT }, victimEnds: true },
  { options: { mem: SOFT, swap: NEVER, when: null, psiPercent: PSI_PERCENT }, victimEnds: true },
  {
    options: { mem: SOFT, swap: NEVER, when: null, psiPercent: PSI_PERCENT },
    victimEnds: true,
    grown: true,
    thrashes: false,
  },
  {
    options: { mem: SOFT, swap: NEVER, when: null, psiPercent: PSI_PERCENT },
    victimEnds: true,
    grown: true,
    processes: 1,
    thrashes: false,
  },
  // Nobody has grown: no leak yet.
  {
    options: { mem: SOFT, swap: NEVER, when: null, psiPercent: PSI_PERCENT },
    victimEnds: true,
    thrashes: false,
  },
  { options: { mem: NEVER, swap: NEVER, when: null, psiPercent: PSI_PERCENT }, victimEnds: true },
  { options: { mem: ALL, swap: ALL, when: null, rules: [PROTECT_ALL] }, victimEnds: true },
  { options: { mem: ALL, swap: ALL, when: null, dryRun: true }, victimEnds: true },
  FINALE,
];

/** Events that a single turn does not come to. */
const MORE_EVENTS: readonly Event[] = [
  { kind: "recovered", verdict: verdictOf("thrashing") },
  { kind: "recovered", verdict: verdictOf("when") },
  { kind: "pressure-lost" },
  { kind: "problem", sentence: "rehearsal" },
  { kind: "reloading" },
  { kind: "stopped", signal: 15 },
];

/** As old as the windows of all rules. */
const TROUBLE_MS_AGO = [FROZEN_WINDOW_MS + 1000, 1500, 600] as const;

function verdictOf(rule: Acting["rule"]): Acting {
  return { kind: "act", rule, urgency: "term", witnesses: [] };
}

/** Everything is to be read, however much memory is free, and a rule may act. */
const NEVER_ENOUGH: Enough = {
  freePercent: 101,
  availablePercent: 101,
  memLimitPercent: 101,
  swapLimitPercent: 101,
};
/** A glance is. */
const GLANCE: Enough = { ...NEVER_ENOUGH, availablePercent: -1 };
/** As most times are: no whole number. */
const GLANCE_MS = SCARCE_LOOK_MS + 0.25;
/** It is, however little memory is free: as when a crisis is over. */
const PLENTY: Enough = { ...GLANCE, freePercent: 0 };
/** The first and last turns are real ones, without an understudy, but short. */
const REAL_TURN_MS = 1;

/** The parts of the daemon that a rehearsal plays with copies of. */
interface Actor {
  readonly sys: Sys;
  readonly ownPid: number;
  readonly options: Options;
  readonly report: Report;
  readonly reading: Reading;
  readonly enough: Enough;
  readonly machine: Machine;
  readonly trend: Trend;
  readonly refused: Map<string, number>;
  readonly sizes: SizeNotes;
  readonly armed: boolean;
  readonly canLock: boolean;
}

/** What the loop is made of. */
interface Steps<A> {
  readonly turn: (actor: A, longestMs: number) => number;
  readonly heed: (actor: A, wake: number) => boolean;
  readonly sleep: (actor: A, ms: number) => number;
  readonly arrive: (actor: A) => void;
}

/**
 * Makes a function that runs the real turn of the loop through all its branches, so that all it
 * needs is in memory before that is locked. It harms nobody: the kernel is asked about processes
 * and descriptors that do not exist, and told so in place of what the loop wanted. What only the
 * rehearsal needs is made before, so that the function touches no memory for it. It runs once.
 */
export function rehearsalOf<A extends Actor>(
  actor: A,
  { arrive, heed, sleep, turn }: Steps<A>,
): () => void {
  const { armed, options: wanted, reading } = actor;
  let now = FINALE;
  const sys = understudy(actor.sys, () => now, actor.canLock);
  const print = wanted.sink === "journal" ? journalReport(sys) : plainReport(sys);
  const report = withStatus(sys, NULL_DEVICE, print);
  const scenes = SCENES.filter(
    (scene) => scene === FINALE || (armed && (scene.options.dryRun !== true || wanted.dryRun)),
  );
  const stage = stageOf(actor, sys, report);
  const { sizes, trend } = stage;
  const plays = scenes.map((scene) => ({
    scene,
    player: {
      ...stage,
      options: { ...wanted, notifySocket: NULL_DEVICE, ...scene.options },
      refused: new Map<string, number>(),
    },
  }));
  const arrived = { ...wanted };
  const moreEvents = armed ? MORE_EVENTS : [];
  const last = { ...actor, sys, options: arrived, report };
  const sleeper = { ...last, enough: GLANCE };
  const idler = { ...last, enough: PLENTY };
  const past = { ...reading };
  return () => {
    // First what each look takes, so that it lies together in memory.
    turn(actor, REAL_TURN_MS);
    if (armed) {
      sleep(sleeper, GLANCE_MS);
      // The first one finds that memory is plenty again, the second that it still is.
      turn(idler, REAL_TURN_MS);
      turn(idler, REAL_TURN_MS);
    }
    for (const { player, scene } of plays) {
      now = scene;
      past.refaults = reading.refaults;
      pretendTrouble(trend, past, sys.nowMs(), scene.thrashes ?? true);
      // One that was noted and is not there: all who are there are new.
      const noted = scene.grown === true ? 1 : 0;
      sizes.older.count = noted;
      sizes.newer.count = noted;
      sizes.atMs = 0;
      heed(player, turn(player, Infinity));
    }
    // What is noted of looks and sizes lies in the same place.
    clearTrend(actor.trend);
    forgetSizes(actor.sizes);
    for (const event of moreEvents) {
      report(event);
    }
    arrived.readyFd = sys.openToRead(NULL_DEVICE);
    arrive(last);
    // A signal that comes meanwhile is left to the loop.
    turn(actor, REAL_TURN_MS);
  };
}

/** What all scenes play on. The clock is ahead there: no time that it notes may stay behind. */
function stageOf<A extends Actor>(actor: A, sys: Sys, report: Report) {
  const { armed, enough, machine, sizes, trend } = actor;
  const { freePercent } = NEVER_ENOUGH;
  return {
    ...actor,
    sys,
    report,
    machine: { ...machine },
    trend: { ...trend },
    sizes: { ...sizes },
    // Where no kill is rehearsed, nor is a decision.
    enough: armed ? NEVER_ENOUGH : { ...enough, freePercent },
    ownPid: ITSELF,
    stayUntilMs: Infinity,
  };
}

/** Looks of the last seconds in which tasks stalled, memory shrank and the cache was thrashed. */
function pretendTrouble(trend: Trend, past: Reading, nowMs: number, thrashes: boolean): void {
  clearTrend(trend);
  trend.suspectUntilMs = 0;
  for (const agoMs of TROUBLE_MS_AGO) {
    past.atMs = nowMs - agoMs;
    past.someTotalUs = -agoMs * 1000;
    past.refaults = thrashes ? -agoMs * 1e6 : past.refaults;
    past.availableKib = agoMs * 1e6;
    remember(trend, past);
  }
}
