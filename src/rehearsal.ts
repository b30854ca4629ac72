import type { Acting, Event } from "./model/event.ts";
import type { Options, Rule } from "./model/options.ts";
import type { Enough, Reading } from "./model/reading.ts";
import { clearTrend, remember, type Trend } from "./policy/trend.ts";
import { forgetSizes, type SizeNotes } from "./readings/sizes.ts";
import { journalReport, plainReport, type Report } from "./report/plain.ts";
import { withStatus } from "./report/systemd.ts";
import type { Sys } from "./sys/sys.ts";

/** No process has this pid: the kernel's own limit is 2^22. */
const NOBODY = 2 ** 22 + 2;
const INIT = 1;
const NO_FILE = -1;
const NO_PAGES = { address: 0, bytes: 0 };
const NULL_DEVICE = "/dev/null";
/** Init, the daemon itself and a family of four; each leaves some garbage behind. */
const PROCESSES = 6;

/** So large that what is left would not do for it: a leak, when it has grown. */
const SCORE = new TextEncoder().encode("2000\n");
const ADJ = new TextEncoder().encode("0\n");
/** A process like any other: of one parent, so that all of them together are a family. */
const STAT = new TextEncoder().encode(
  "1 (rehearsal  ) S 4194305 4194306 4194306 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 100 0 1000 0\n",
);

/** Where its parent's pid stands; init's children are no family, but their process group is. */
const PARENT_AT = "1 (rehearsal  ) S ".length;
const PARENT = new TextEncoder().encode("4194305");
const INIT_PARENT = new TextEncoder().encode("0000001");

/** Where its name has a letter that is another one in each scene: a name never seen is new work. */
const NEW_LETTER = "1 (rehearsal ".length;
const FIRST_LETTER = 33;

/** What one rehearsal plays: with these options, and a victim that ends, or not. */
interface Scene {
  readonly options: Partial<Options>;
  readonly victimEnds: boolean;
  /** All have grown since the scan before: a family. */
  readonly grown?: boolean;
  /** They are a family by their process group, not by their parent. */
  readonly orphans?: boolean;
  /** Memory in use is read back; else it only shrinks. */
  readonly thrashes?: false;
  /** How many processes there are. */
  readonly processes?: number;
}

/** More than a few are put in order in another way. */
const CROWD = 12;
/** Numbers with a fraction are printed in another way. */
const PSI_PERCENT = 1.25;
const ALL = { softPercent: 100, hardPercent: 100 };
const SOFT = { softPercent: 100, hardPercent: -1 };
const NEVER = { softPercent: -1, hardPercent: -1 };
const PROTECT_ALL: Rule = { origin: "rehearsal", match: {}, effect: { kind: "protect" } };

/** Every rule, a victim that ends and one that does not, nobody to end, and the user's options. */
const SCENES: readonly Scene[] = [
  { options: { mem: ALL, swap: ALL, when: null, dryRun: false }, victimEnds: true },
  {
    options: { mem: ALL, swap: ALL, when: null, dryRun: false },
    victimEnds: true,
    grown: true,
    processes: CROWD,
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
  { options: { mem: NEVER, swap: NEVER, when: null, psiPercent: PSI_PERCENT }, victimEnds: true },
  { options: { mem: ALL, swap: ALL, when: null, rules: [PROTECT_ALL] }, victimEnds: true },
  { options: { mem: ALL, swap: ALL, when: null, dryRun: true }, victimEnds: true },
  { options: {}, victimEnds: true },
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

function verdictOf(rule: Acting["rule"]): Acting {
  return { kind: "act", rule, urgency: "term", witnesses: [] };
}

/** Everything is to be read, however much memory is free. */
const NEVER_ENOUGH: Enough = { freePercent: 101, availablePercent: 101 };
/** The first turn and the last are real ones, without an understudy, but short. */
const REAL_TURN_MS = 1;

/** The parts of the daemon that a rehearsal plays with copies of. */
interface Actor {
  readonly sys: Sys;
  readonly options: Options;
  readonly report: Report;
  readonly reading: Reading;
  readonly enough: Enough;
  readonly trend: Trend;
  readonly refused: Map<string, number>;
  readonly sizes: SizeNotes;
}

/** What the loop is made of. */
interface Steps<A> {
  readonly turn: (actor: A, longestMs: number) => number;
  readonly heed: (actor: A, wake: number) => boolean;
  readonly arrive: (actor: A) => void;
}

/**
 * Makes a function that runs the real turn of the loop through all its branches, so that all it
 * needs is in memory before that is locked. It harms nobody: the kernel is asked about processes
 * and descriptors that do not exist, and told so in place of what the loop wanted.
 */
export function rehearsalOf<A extends Actor>(
  actor: A,
  { arrive, heed, turn }: Steps<A>,
): () => void {
  const { reading, trend } = actor;
  let scene: Scene = SCENES[0] ?? { options: {}, victimEnds: true };
  const sys = understudy(actor.sys, () => scene);
  const print = actor.options.sink === "journal" ? journalReport(sys) : plainReport(sys);
  const report = withStatus(sys, NULL_DEVICE, print);
  return () => {
    // First what each look takes, so that it lies together in memory.
    turn(actor, REAL_TURN_MS);
    for (const next of SCENES) {
      if (next.options.dryRun === true && !actor.options.dryRun) {
        continue;
      }
      scene = next;
      const options = {
        ...actor.options,
        notifySocket: NULL_DEVICE,
        ...scene.options,
      };
      pretendTrouble(trend, reading, sys.nowMs(), scene.thrashes ?? true);
      // One that was noted and is not there: all who are there are new.
      const noted = scene.grown === true ? 1 : 0;
      actor.sizes.older.count = noted;
      actor.sizes.newer.count = noted;
      actor.sizes.atMs = 0;
      const refused = new Map<string, number>();
      const played = { ...actor, sys, options, report, refused, enough: NEVER_ENOUGH };
      heed(played, turn(played, Infinity));
    }
    clearTrend(trend);
    forgetSizes(actor.sizes);
    for (const event of MORE_EVENTS) {
      report(event);
    }
    const readyFd = sys.openToRead(NULL_DEVICE);
    arrive({ ...actor, sys, options: { ...actor.options, readyFd }, report });
    // A signal that comes meanwhile is left to the loop.
    turn(actor, REAL_TURN_MS);
  };
}

/** Looks of the last seconds in which tasks stalled, memory shrank and the cache was thrashed. */
function pretendTrouble(trend: Trend, reading: Reading, nowMs: number, thrashes: boolean): void {
  clearTrend(trend);
  for (const agoMs of [4000, 1500, 600]) {
    const stallUs = -agoMs * 1000;
    const refaults = thrashes ? -agoMs * 1e6 : reading.refaults;
    const availableKib = agoMs * 1e6;
    remember(trend, {
      ...reading,
      atMs: nowMs - agoMs,
      someTotalUs: stallUs,
      refaults,
      availableKib,
    });
  }
}

/**
 * The kernel, but nothing that happens to it matters. Each verb is named: one that is new is to be
 * thought about. What harms is called with an object that does not exist, for the sake of the code
 * on the way.
 */
function understudy(sys: Sys, scene: () => Scene): Sys {
  /** Waits are over at once, and the clock is put forward. */
  let aheadMs = 0;
  return {
    ...reader(sys, scene),
    nowMs: () => sys.nowMs() + aheadMs,
    watchSignals: () => 0,
    nextSignal: () => 0,
    watchPressure: () => 0,
    // The null device can always be read, as the pidfd of a process that has ended.
    watchVictim: (pidfd) => sys.watchVictim(scene().victimEnds ? pidfd : NO_FILE),
    wait: (ms) => {
      aheadMs += ms;
      return sys.wait(0);
    },
    openPidfd: () => {
      sys.openPidfd(NOBODY);
      return sys.openToRead(NULL_DEVICE);
    },
    sendSignal: () => {
      sys.sendSignal(NO_FILE, 0);
      return 0;
    },
    signalProcess: () => sys.signalProcess(NOBODY, 0),
    signalGroup: () => 0,
    releaseMemory: () => sys.releaseMemory(NO_FILE),
    writeFile: (_path, text) => sys.writeFile(NULL_DEVICE, text),
    write: (_fd, text) => sys.write(NO_FILE, text),
    sendDatagram: (_socket, text) => sys.sendDatagram(NULL_DEVICE, text),
    raisePriority: () => 0,
    lockMemory: () => sys.lockRange(NO_PAGES),
    unlockMemory: () => 0,
    lockRange: () => sys.lockRange(NO_PAGES),
    advise: () => 0,
    holdPidFile: () => 0,
    removeFile: () => 0,
    readHandover: () => null,
    restart: () => 0,
  };
}

/** Reading harms nobody; but the processes it finds are made up. */
function reader(sys: Sys, scene: () => Scene) {
  const say = (text: Uint8Array) => {
    sys.text.set(text);
    return text.length;
  };
  return {
    text: sys.text,
    pids: sys.pids,
    pageKib: sys.pageKib,
    readMemoryTotals: (into) => sys.readMemoryTotals(into),
    openToRead: (path) => sys.openToRead(path),
    readFromStart: (fd) => sys.readFromStart(fd),
    readFile: (path) => sys.readFile(path),
    readAt: (fd, bytes, offset) => sys.readAt(fd, bytes, offset),
    readProcessFile: (pid, name) => {
      const length = sys.readProcessFile(pid, name);
      if (name === "oom_score") {
        return say(SCORE);
      }
      if (name === "stat") {
        STAT.set(scene().orphans === true ? INIT_PARENT : PARENT, PARENT_AT);
        return say(STAT);
      }
      return name === "oom_score_adj" ? say(ADJ) : length;
    },
    readTaskStatm: (pid, tid) => sys.readTaskStatm(pid, tid),
    listProcesses: () => {
      const count = sys.listProcesses();
      STAT[NEW_LETTER] = Math.max(FIRST_LETTER, ((STAT[NEW_LETTER] ?? 0) + 1) % 127);
      const wanted = scene().processes ?? PROCESSES;
      sys.pids.copyWithin(0, Math.max(0, count - wanted), count);
      sys.pids.fill(NOBODY - 1, Math.min(count, wanted), wanted);
      if (wanted === PROCESSES) {
        sys.pids[0] = INIT;
        sys.pids[1] = NOBODY;
      }
      return wanted;
    },
    listTasks: (pid) => sys.listTasks(pid),
    readAttribute: (path, name) => sys.readAttribute(path, name),
    ownerOf: (path) => sys.ownerOf(path),
    close: (fd) => sys.close(fd),
    isTextUniform: (length) => sys.isTextUniform(length),
    isBlank: (range) => sys.isBlank(range),
    collectGarbage: () => {},
    pageFaults: () => sys.pageFaults(),
    systemName: () => sys.systemName(),
    ownPid: () => {
      sys.ownPid();
      return NOBODY;
    },
    ownUid: () => sys.ownUid(),
  } satisfies Partial<Sys>;
}
