import type { Daemon } from "../daemon-state.ts";
import * as limits from "../model/limits.ts";
import { type Reading, untakenKib } from "../model/reading.ts";
import { type Loss, NO_LOSS, type Selection } from "../model/selection.ts";
import type { Sizes } from "../model/sizes.ts";
import type { Process } from "../model/process.ts";
import type { Acting } from "../model/verdict.ts";
import { lossBesideKills, withSwappedShmem } from "../policy/attribution.ts";
import { type Faults, faultShareOf } from "../policy/faults.ts";
import { remember } from "../policy/course.ts";
import { isHard, isLow } from "../policy/levels.ts";
import { needKib } from "../policy/pace.ts";
import { weighsFaults } from "../policy/rules.ts";
import { isAvoided } from "../policy/ranking.ts";
import { isWorthwhile, selectVictims } from "../policy/victim.ts";
import { parentsOf } from "../readings/parents.ts";
import { hasAsMuch } from "../readings/process-memory.ts";
import { scan, type Snapshot } from "../readings/processes.ts";
import type { Extent } from "../readings/scores.ts";
import type { Sys } from "../sys/sys.ts";
import { baseOf, isFirstNote } from "../watch/first-note.ts";
import { type Ledger, recentSizes } from "../watch/ledger.ts";
import { lookClosely } from "../watch/look.ts";
import { followTotals } from "../watch/shifts.ts";
import { noteAsked } from "./crisis.ts";
import { faultsNow, noteFaults, noteWhose } from "./faults.ts";
import { withTwins } from "./twins.ts";

/**
 * Chooses among the largest and those who have grown; and among all when none of them is a good
 * choice, or when the victim shares its memory with others. Null when memory came back meanwhile.
 */
export function selectNow(daemon: Daemon, { rule }: Pick<Acting, "rule">): Selection | null {
  const { crisis, extent, options, reading } = daemon;
  const isAsked = weighsFaults(rule);
  const { faults } = crisis;
  const used = isAsked && faults.whose === "others" ? "all" : extent;
  let chosen = selectAmong(daemon, used, isAsked);
  const areFound = !isAsked || used === "all" || faults.whose !== "others";
  const isEnough =
    chosen === null ||
    (areFound && isGood(chosen.selection, reading, isHard(reading, options)) && !crisis.hasTwins);
  if (!isEnough && used !== "all") {
    chosen = selectAmong(daemon, "all", isAsked);
  }
  if (chosen !== null && isAsked) {
    noteFaults(faults, chosen.processes, reading, chosen.takenMs);
  }
  return chosen === null ? null : chosen.selection;
}

/** Below the hard limits there is no time to look at more. */
const MANY = 2000;

/** Whether nobody smaller comes before: whom no rule wants to live, or who holds more. */
function isGood(
  { group, processCount, victims: [first] }: Selection,
  { machineKib }: Reading,
  isShort: boolean,
): boolean {
  return (
    first !== undefined &&
    (group !== null ||
      (isShort && processCount > MANY) ||
      (!isAvoided(first) && isWorthwhile(first, machineKib)))
  );
}

const NO_RULE = { rule: "" };

/** The same for who only wants to know; as after a crisis, it is made small again a while later. */
export function selectAsked(daemon: Daemon): Selection | null {
  const { crisis, machine, reading, sys } = daemon;
  lookClosely(sys, machine, reading);
  noteAsked(crisis, reading.atMs);
  return selectNow(daemon, NO_RULE);
}

interface Chosen {
  readonly selection: Selection;
  readonly processes: readonly Process[];
  /** When they were listed, milliseconds since boot. */
  readonly takenMs: number;
}

function selectAmong(daemon: Daemon, extent: Extent, isAsked: boolean): Chosen | null {
  const { crisis, reading, sys } = daemon;
  const startMs = sys.nowMs();
  const seen = scanNow(daemon, extent, stillLow(daemon));
  crisis.scanMs = sys.nowMs() - startMs;
  crisis.unknown = seen.snapshot.unknown;
  if (!seen.snapshot.isWhole) {
    return null;
  }
  const { processes, takenMs } = seen.snapshot;
  const faults = isAsked ? faultsNow(sys, crisis, processes, reading) : null;
  if (faults !== null) {
    noteWhose(crisis.faults, faults, extent === "all");
  }
  const selection = withTwins(daemon, chooseAmong(daemon, seen, faults), processes);
  return { selection: withAllFaults(selection, faults), processes, takenMs };
}

/** The same, with the faults of all who die for one: of twins, too. */
function withAllFaults(selection: Selection, faults: Faults | null): Selection {
  const { group, taker, victims } = selection;
  return taker === null || faults === null || group !== null
    ? selection
    : { ...selection, taker: { ...taker, faultShare: faultShareOf(victims, faults) } };
}

/** Whether it has its parent's memory, not a copy: a child of vfork(2), which has yet to exec. */
function isNoCopy(sys: Sys, { pid, ppid }: Process): boolean {
  const compared = sys.compareMemory(pid, ppid);
  return compared === 0 || (compared < 0 && hasAsMuch(sys, pid, ppid));
}

/** The processes as they are now, and what was lost by the time. */
export interface Seen {
  readonly loss: Loss;
  readonly snapshot: Snapshot;
}

/** Reads the process table as a choice needs it; it is not whole when `goOn` broke it off. */
export function scanNow(daemon: Daemon, extent: Extent, goOn: () => boolean): Seen {
  const { isOldScale, ledger, machine, needs, options, reading, sys } = daemon;
  // Swap that is gone since the look before is nobody's loss.
  followTotals(ledger, machine, reading);
  const base = baseOf(ledger, reading);
  const recent = base === null ? null : recentSizes(ledger);
  const loss = lossOf(ledger, recent, reading, needKib(reading, options));
  const { latelyKib: latelyLostKib, lostKib } = loss;
  const lost = { lostKib, latelyLostKib };
  const grown = (what: "lockedKib" | "tablesKib" | "shmemKib", swappedKib = 0) => ({
    grownKib: Math.max(0, reading[what] + swappedKib - (base?.[what] ?? Infinity)),
    latelyKib: Math.max(0, reading[what] - (recent?.[what] ?? Infinity)),
  });
  const { holders } = ledger;
  return {
    loss,
    snapshot: scan(sys, {
      needs,
      extent,
      base,
      recent,
      last: ledger.newer.count > 0 ? ledger.newer : null,
      holders,
      ...lost,
      newLocked: grown("lockedKib"),
      newTables: grown("tablesKib"),
      newShmem: grown("shmemKib", loss.nobodysSwapKib),
      isOldScale,
      goOn,
    }),
  };
}

/** Who would be killed of these, as the daemon is now; changes nothing. */
export function chooseAmong(daemon: Daemon, seen: Seen, faults: Faults | null = null): Selection {
  const mayBlame = !daemon.crisis.isBlameVain && seen.snapshot.leftOut === 0;
  const selection = choose(daemon, seen, faults, mayBlame);
  const [first] = selection.victims;
  return first !== undefined && selection.blamedKib > 0 && isNoCopy(daemon.sys, first.process)
    ? choose(daemon, seen, faults, false)
    : selection;
}

function choose(
  daemon: Daemon,
  { loss, snapshot }: Seen,
  faults: Faults | null,
  mayBlame: boolean,
): Selection {
  const { crisis, isOldScale, options, reading, sys } = daemon;
  const isStruck = crisis.struck.name !== "";
  const whole = wholeLoss(daemon, loss, snapshot.processes);
  return selectVictims(snapshot.processes, {
    options,
    ownPid: daemon.ownPid,
    ownExe: daemon.ownExe,
    takenMs: snapshot.takenMs,
    parents: parentsOf(sys, snapshot.processes),
    totalKib: reading.machineKib,
    loss: isStruck ? lossBesideKills(whole, snapshot.processes) : whole,
    isHard: isHard(reading, options),
    processCount: snapshot.processCount,
    refused: crisis.refused,
    dying: crisis.dying,
    struck: crisis.struck,
    isOldScale,
    mayBlame,
    faults,
    isInVain: crisis.vainKills >= limits.VAIN_KILLS,
  });
}

/** What the dying still hold, in swap as well, the kernel does not show. */
function wholeLoss({ crisis }: Daemon, loss: Loss, processes: readonly Process[]): Loss {
  return crisis.dying.size === 0 ? withSwappedShmem(loss, processes) : loss;
}

/** A long scan looks at memory from time to time, and is broken off when that came back. */
function stillLow({ course, machine, options, reading, sys }: Daemon): () => boolean {
  let lookedAtMs = sys.nowMs();
  let rememberedAtMs = lookedAtMs;
  const wasLow = isLow(reading, options);
  return () => {
    const nowMs = sys.nowMs();
    if (nowMs - lookedAtMs < limits.SCAN_SLICE_MS) {
      return true;
    }
    lookClosely(sys, machine, reading);
    // From its end: where a look takes as long as a slice, there must be time for the scan.
    lookedAtMs = sys.nowMs();
    // As many looks are remembered as at the loop's own pace: more would push older ones out.
    if (nowMs - rememberedAtMs >= limits.SHORTEST_SLEEP_MS) {
      rememberedAtMs = nowMs;
      remember(course, reading);
    }
    return !wasLow || isLow(reading, options);
  };
}

/** What was lost since memory was comfortable last, and of late. */
export function lossOf(ledger: Ledger, recent: Sizes | null, reading: Reading, need: number): Loss {
  if (recent === null) {
    return { ...NO_LOSS, needKib: need, sharedOfKib: need };
  }
  const { base, freedKib, newer } = ledger;
  const latest = newer.count > 0 ? newer : base;
  const left = untakenKib(reading);
  const lostKib = Math.max(0, base.leftKib + freedKib - left);
  return {
    sinceMs: reading.atMs - ledger.sinceMs,
    baseMs: reading.atMs - base.atMs,
    lostKib,
    latelyMs: reading.atMs - recent.atMs,
    latelyKib: Math.max(0, recent.leftKib + (recent === base ? freedKib : 0) - left),
    shmemKib: Math.max(0, reading.shmemKib - base.shmemKib),
    swappedShmemKib: 0,
    nobodysSwapKib: Math.max(0, latest.nobodysSwapKib - base.nobodysSwapKib),
    latelyShmemKib: Math.max(0, reading.shmemKib - recent.shmemKib),
    slabKib: Math.max(0, reading.slabKib - base.slabKib),
    hugetlbKib: Math.max(0, reading.hugetlbKib - base.hugetlbKib),
    needKib: need,
    sharedOfKib: isFirstNote(ledger, reading) ? lostKib : Math.max(lostKib, need),
  };
}
