import type { Daemon } from "../daemon-state.ts";
import { emptyCrisis } from "../crisis/crisis.ts";
import { abandonKills } from "../crisis/aftermath.ts";
import type { Asked } from "../model/asked.ts";
import type { Event } from "../model/event.ts";
import { FAULTS_MS, FROZEN_WINDOW_MS, NEAR_LOOK_MS } from "../model/limits.ts";
import type { Options, Rule } from "../model/options.ts";
import { emptyReading, leftKib, type Reading } from "../model/reading.ts";
import { NO_LOSS, type Selection } from "../model/selection.ts";
import { beginAnew, type Course, emptyCourse, remember } from "../policy/course.ts";
import { act, type PretendedCourse } from "../policy/rule.ts";
import { EVERY_RULE } from "../policy/rules.ts";
import { pretendedRecorder } from "../recorder/open.ts";
import { type Recorder, recording } from "../recorder/recorder.ts";
import { reportFor } from "../report/sinks.ts";
import { emptyLedger, type Ledger } from "../watch/ledger.ts";
import { waitWhileUnmoved } from "../watch/glance.ts";
import { lockMemory } from "./lock-memory.ts";
import { ITSELF, NULL_DEVICE, type Part, takenKib, understudy } from "./understudy.ts";

/** What one rehearsal plays: with these options, after such a course, and what victims do. */
interface Scene extends Part {
  readonly options: Partial<Options>;
  readonly course: PretendedCourse;
  /** Turns of the loop: a kill takes one to begin and another one to end. */
  readonly turns: number;
}

const ALL = { softPercent: 100, hardPercent: 100 };
const SOFT = { softPercent: 100, hardPercent: -1 };
/** All that the understudy shows have such a name, and the glob takes each of its steps. */
const PROTECT_ALL: Rule = {
  origin: "rehearsal",
  match: { comm: [{ kind: "glob", source: "re?ea*" }] },
  effect: { kind: "protect" },
};
const USED_UP = { mem: ALL, swap: ALL, when: null, dryRun: false } as const;

/** Long enough for all that follows when a victim does not end, in a few turns. */
const LONG_WAIT_MS = 3_000;

/** How a rule acts; one that has doubts does when somebody took much. */
function sceneOf({ confirm, scene }: (typeof EVERY_RULE)[number]): Scene {
  const options = { when: null, dryRun: false, ...scene.options };
  return { options, course: scene.course, victimEnds: true, isHuge: confirm !== null, turns: 2 };
}

function doubtOf(rule: (typeof EVERY_RULE)[number]): Scene {
  return { ...sceneOf(rule), isHuge: false, tookNothing: true };
}

/** Each rule, a victim that ends and one that does not, nobody to kill, and the user's options. */
const SCENES: readonly Scene[] = [
  ...EVERY_RULE.map(sceneOf),
  // Doubts, where nobody took anything.
  ...EVERY_RULE.filter(({ name }) => name === "leak").map(doubtOf),
  { options: USED_UP, course: "stands", victimEnds: true, isStorm: true, turns: 2 },
  { options: USED_UP, course: "stands", victimEnds: true, processes: 1, turns: 2 },
  {
    options: { ...USED_UP, mem: SOFT, killAfterMs: LONG_WAIT_MS },
    course: "stands",
    victimEnds: false,
    processes: 1,
    waitMs: LONG_WAIT_MS,
    turns: 7,
  },
  { options: { ...USED_UP, rules: [PROTECT_ALL] }, course: "stands", victimEnds: true, turns: 1 },
  { options: { ...USED_UP, dryRun: true }, course: "stands", victimEnds: true, turns: 1 },
  // As the user wants it.
  { options: {}, course: "stands", victimEnds: true, turns: 4 },
];

const VERDICT = act({ name: "rehearsal", because: "rehearsal" }, []);
const NOBODY: Selection = {
  victims: [],
  group: null,
  next: null,
  candidates: [],
  taker: null,
  loss: NO_LOSS,
  blamedKib: 0,
  unknownKib: 0,
  spared: [],
  processCount: 0,
};
/** Events that a turn does not come to. */
const MORE_EVENTS: readonly Event[] = [
  { kind: "blameless", verdict: VERDICT, selection: NOBODY },
  { kind: "recovered", verdict: VERDICT, reading: { ...emptyReading(), perCpuKib: 1024 } },
  { kind: "meminfo", isLost: true },
  { kind: "pressure-lost" },
  { kind: "hour", lowestKib: 1024, lowestPercent: 1, near: 1, kills: 0 },
  { kind: "problem", sentence: "rehearsal" },
  { kind: "reloading" },
  { kind: "stopped", signal: 15 },
];

/** Time for some glances. */
const GLANCES_MS = 10 * NEAR_LOOK_MS;

/** Everything is to be read, however much memory is free, and a rule may act. */
const NEVER_ENOUGH: Asked = {
  freePercent: 101,
  availablePercent: 101,
  memPercent: 101,
  swapPercent: 101,
  usableThenKib: 0,
};
/** No rule wants to be asked, whatever is available. */
const NOTHING_ASKED: Asked = { ...NEVER_ENOUGH, availablePercent: 0 };
/** As old as the windows of all rules, and the one that no rule may act in. */
const COURSE_MS_AGO = [FROZEN_WINDOW_MS + 2000, FROZEN_WINDOW_MS + 500, 2500, 1500, 700] as const;

/** The daemon as rehearsals have it: one for all scenes, each of which changes what it needs. */
type Player = { -readonly [Name in keyof Daemon]: Daemon[Name] };

/**
 * Makes a function that runs the real turn of the loop through all its branches, so that all it
 * needs is in memory before that is locked. It harms nobody: the kernel is asked about processes
 * and descriptors that do not exist, and told so in place of what the loop wanted. There is one
 * stage for all scenes and for each time that it runs: what is made anew fills memory.
 */
export function rehearsalOf(daemon: Daemon, turn: (daemon: Daemon) => boolean): () => void {
  const { options: wanted, reading } = daemon;
  let now = LAST;
  const sys = understudy(daemon.sys, () => now, daemon.renewal.canLock);
  const report = reportFor(sys, wanted, NULL_DEVICE);
  const player = playerOf(daemon, sys, report);
  const real = { ...daemon, sys: shortOf(daemon.sys) };
  const past = { ...reading };
  return () => {
    // First what each look takes, so that it lies together in memory; the second one is another.
    turn(real);
    turn(real);
    for (const scene of SCENES) {
      if (scene.options.dryRun !== true || wanted.dryRun) {
        now = scene;
        pretendCourse(player.course, past, sys.nowMs(), scene.course);
        play(player, scene, wanted, turn);
      }
    }
    const { machine: played, reading: lastRead } = player;
    takeNewBlocks();
    waitWhileUnmoved(sys, played, lastRead, NOTHING_ASKED, NEAR_LOOK_MS, GLANCES_MS);
    for (const event of MORE_EVENTS) {
      report(event);
    }
    report(lockMemory(sys));
    // What the rehearsal's clock made of it must not stay behind; nor what the first turn noted.
    beginAnew(daemon.course, daemon.sys.nowMs());
  };
}

/** They fill several blocks of the engine's heap. */
const NEW_OBJECTS = 1200;

/** A scan of many processes takes new blocks: the code for that is to be in memory as well. */
function takeNewBlocks(): void {
  const objects: object[] = [];
  for (let i = 0; i < NEW_OBJECTS; i++) {
    objects.push({ i });
  }
}

const LAST: Scene = { options: {}, course: "stands", victimEnds: true, turns: 1 };

/** The real kernel, but it does not sleep. */
function shortOf(sys: Daemon["sys"]): Daemon["sys"] {
  return { ...sys, wait: () => sys.wait(NEAR_LOOK_MS / NEAR_LOOK_MS), nextSignal: () => 0 };
}

/** Nothing that it remembers is the real one's. */
function playerOf(daemon: Daemon, sys: Daemon["sys"], report: Daemon["report"]): Player {
  const recorder = daemon.recorder === null ? null : pretendedRecorder(daemon.recorder, sys);
  return {
    ...daemon,
    sys,
    report: recorder === null ? report : recording(recorder, report),
    recorder,
    inheritance: { ...daemon.inheritance, notifySocket: NULL_DEVICE, pidFileFd: -1 },
    machine: { ...daemon.machine },
    reading: { ...daemon.reading },
    course: emptyCourse(),
    ledger: emptyLedger(1),
    warner: daemon.warner?.understudy() ?? null,
    ownPid: ITSELF,
  };
}

function play(
  player: Player,
  scene: Scene,
  wanted: Options,
  turn: (daemon: Daemon) => boolean,
): void {
  player.options = { ...wanted, ...scene.options };
  player.asked = NEVER_ENOUGH;
  player.crisis = emptyCrisis();
  // A scan of a moment ago tells that nobody had major faults: else rules that ask have doubts.
  player.crisis.lastAtMs = player.sys.nowMs() - FAULTS_MS;
  player.crisis.faults.atMs = player.crisis.lastAtMs;
  player.crisis.faults.all = Number.MAX_SAFE_INTEGER;
  forgetSizes(player.ledger, player.reading, takenKib(scene));
  for (let i = 0; i < scene.turns; i++) {
    turn(player);
    forgetEnded(player.recorder);
  }
  abandonKills(player);
  forgetEnded(player.recorder);
}

/** An incident is written when it has ended and memory is back: that takes much more memory. */
function forgetEnded(recorder: Recorder | null): void {
  const pending = recorder?.pending ?? [];
  for (let i = pending.length - 1; i >= 0; i--) {
    if ((pending[i]?.endAtMs ?? 0) < Infinity) {
      pending.splice(i, 1);
    }
  }
}

/** So long ago that a group is killed one at a time at first, and then as many as are needed. */
const COMFORTABLE_MS = 60_000;

/** Nobody was there when memory was comfortable: all who are there took what they have. */
function forgetSizes(ledger: Ledger, reading: Reading, taken: number): void {
  const { base, newer, older } = ledger;
  base.count = 1;
  base.pids[0] = 0;
  base.bootMs = 0;
  base.atMs = reading.atMs - COMFORTABLE_MS;
  ledger.sinceMs = base.atMs;
  base.leftKib = leftKib(reading) + taken;
  newer.count = 0;
  newer.atMs = -Infinity;
  newer.leftKib = 0;
  older.count = 0;
  ledger.as = "nothing";
  ledger.freedKib = 0;
  ledger.carriedKib = 0;
  ledger.lowestKib = Infinity;
}

/** Looks of the last seconds in which tasks stalled and memory shrank, or came back as it went. */
function pretendCourse(course: Course, past: Reading, nowMs: number, kind: PretendedCourse): void {
  const { allocStalls, availableKib, evicted, fullTotalUs, refaults, someTotalUs } = past;
  course.count = 0;
  course.sinceMs = -Infinity;
  course.doubts.clear();
  for (const agoMs of COURSE_MS_AGO) {
    past.atMs = nowMs - agoMs;
    past.someTotalUs = someTotalUs - agoMs * 1000;
    past.evicted = evicted - agoMs;
    past.allocStalls = allocStalls - agoMs;
    past.refaults = kind === "thrashes" ? refaults - agoMs : refaults;
    past.availableKib = kind === "shrinks" ? availableKib + agoMs * 1000 : availableKib;
    remember(course, past);
  }
  course.troubleAtMs = nowMs - FROZEN_WINDOW_MS;
  course.troubleStallUs = someTotalUs - FROZEN_WINDOW_MS * 1000;
  course.troubleFullUs = fullTotalUs - FROZEN_WINDOW_MS * 1000;
  course.stalledAtMs = nowMs;
  course.stalledUs = someTotalUs;
  course.shrunkKib = Infinity;
  past.availableKib = availableKib;
  past.someTotalUs = someTotalUs;
  past.evicted = evicted;
  past.allocStalls = allocStalls;
  past.refaults = refaults;
}
