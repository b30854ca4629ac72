/**
 * Random machines on paper, from 64 MiB to 1 TiB, on which somebody takes all that is left beside
 * innocents who have what they have, or take some of it as well; the same for the same seed.
 */
import type { runDaemon } from "../../src/daemon.ts";
import type { Event } from "../../src/model/event.ts";
import { Signal } from "../../src/sys/sys.ts";
import { Dice } from "../vm/random/dice.ts";
import { type Course, wantedKib } from "./courses.ts";
import type { Actor, Hardware } from "./hardware.ts";
import { anInheritance, someOptions } from "./nouns.ts";
import { SimulatedKernel } from "./simulated-kernel.ts";

const MIB = 1024;
const GIB = 1024 * MIB;
const OLD_PID = 50;
const GROWER_PID = 90;
const NOISY_PID = 91;
const HOG_PID = 100;

/** What the machine's memory can be shared out as. */
const USABLE = 0.94;
/** One thread fills no more in a second. */
const MOST_KIB_PER_S = 4 * GIB;
/** Available memory of this share of all is comfortable. */
const COMFORTABLE = 0.4;

export interface RandomMachine {
  readonly about: string;
  readonly hardware: Hardware;
  readonly actors: readonly Actor[];
  readonly forMs: number;
}

function innocents(dice: Dice, takenKib: number): Actor[] {
  const count = dice.whole(1, 20);
  const oldKib = takenKib * dice.between(0.3, 0.95);
  return Array.from({ length: count }, (_item, i) => ({
    process: { pid: OLD_PID + i, comm: i === 0 ? "old" : "idle", startMs: 1000 },
    course: {
      kind: dice.chance(0.5) ? "steady" : "idle",
      sizeKib:
        i === 0 && count > 1 ? oldKib : i === 0 ? takenKib : (takenKib - oldKib) / (count - 1),
    },
  }));
}

interface Turn {
  readonly growsMs: number;
  readonly restsMs: number;
}

/** Some rest after each turn. */
function turnOf(dice: Dice): Turn | null {
  return dice.chance(0.3)
    ? { growsMs: dice.whole(500, 5000), restsMs: dice.whole(500, 5000) }
    : null;
}

/** One leak, several, or one that wants more than there is; all begin at the same time. */
function hogs(dice: Dice, turn: Turn | null, kibPerS: number, wantKib: number): Actor[] {
  const count = dice.chance(0.5) ? 1 : dice.whole(2, 40);
  const isNewcomer = count === 1 && dice.chance(0.3);
  const isOneParent = dice.chance(0.5);
  const fromMs = dice.whole(1000, 3000);
  const course: Course = isNewcomer
    ? { kind: "settle", sizeKib: wantKib * 1.3, kibPerS, fromMs }
    : { kind: "leak", kibPerS: kibPerS / count, fromMs, ...(turn === null ? {} : { turn }) };
  return Array.from({ length: count }, (_item, i) => ({
    process: {
      pid: HOG_PID + i,
      comm: "hog",
      ...(isOneParent ? { ppid: 40, pgid: 40, sessionId: 40 } : {}),
      ...(dice.chance(0.5) ? { bornAtMs: fromMs } : { startMs: 1000 }),
    },
    course,
  }));
}

export function randomMachine(seed: number): RandomMachine {
  const dice = new Dice(seed);
  const totalKib = Math.round(dice.magnitude(64 * MIB, 1024 * GIB));
  const kibPerS = Math.min(totalKib * dice.magnitude(0.005, 0.3), MOST_KIB_PER_S);
  const roomKib = totalKib * dice.between(0.2, Math.min(0.9, 0.25 + (20 * kibPerS) / totalKib));
  const swapTotalKib = dice.chance(0.5)
    ? 0
    : Math.min(totalKib * dice.between(0.1, 2), 10 * kibPerS);
  const hardware = {
    totalKib,
    swapTotalKib: Math.round(swapTotalKib),
    swapKibPerS: Math.min(kibPerS * dice.magnitude(0.3, 5), 800 * MIB),
    cacheShare: dice.between(0, 1),
    costMs: 0.02,
  };
  const turn = turnOf(new Dice(-seed));
  const greedy = hogs(dice, turn, kibPerS, roomKib + swapTotalKib);
  // Whoever grows beside them takes less than they do, and stops.
  const sizeKib = roomKib * dice.between(0, 0.45);
  const itsKibPerS = Math.min(kibPerS * dice.between(0.3, 2), MOST_KIB_PER_S);
  const grower: Actor = {
    process: { pid: GROWER_PID, comm: "grower", startMs: 1000 },
    course: { kind: "settle", sizeKib, kibPerS: itsKibPerS, fromMs: 500 },
  };
  // While they rest, what little is lost is its doing.
  const noisy: Actor = {
    process: { pid: NOISY_PID, comm: "noisy", startMs: 1000 },
    course: { kind: "leak", kibPerS: kibPerS / 50, fromMs: 500 },
  };
  const actors = [
    ...innocents(dice, totalKib * USABLE - roomKib),
    ...(dice.chance(0.5) ? [grower] : []),
    ...(turn === null ? [] : [noisy]),
    ...greedy,
  ];
  const seconds = (roomKib + swapTotalKib) / Math.min(kibPerS, hardware.swapKibPerS + kibPerS / 10);
  const gib = (kib: number) => (kib / GIB).toFixed(2);
  return {
    about: `${gib(totalKib)} GiB, swap ${gib(swapTotalKib)}, ${greedy.length} of ${gib(kibPerS)}/s`,
    hardware,
    actors,
    // A leak may rest for ten times as long as it grows.
    forMs: 6000 + 12_000 * seconds,
  };
}

/** Fewer are no group: each of them is judged by what it took itself. */
const FEWEST_OF_GROUP = 3;

/** Who was killed first, and what those took whom it was, and the most greedy, of what was lost. */
export interface FirstKill {
  readonly comms: readonly string[];
  readonly rule: string;
  /** Whether the kernel had killed somebody before. */
  readonly isSecond: boolean;
  /** Shares of what all took since memory was comfortable last; 0 to 1. */
  readonly hogsShare: number;
  readonly largestShare: number;
  readonly victimsShare: number;
  /** Whether one who goes on took half or more, or all of one making together did. */
  readonly isExplained: boolean;
  /** Whether it was such a one. */
  readonly isRight: boolean;
}

/** What everybody took since memory was comfortable last, or since the beginning. */
function tookSince(
  { actors, hardware }: RandomMachine,
  nowMs: number,
): ReadonlyMap<number, number> {
  let sinceMs = 0;
  for (let ms = 0; ms < nowMs; ms += 20) {
    const takenKib = actors.reduce((sum, { course }) => sum + wantedKib(course, ms), 0);
    sinceMs = takenKib <= hardware.totalKib * (USABLE - COMFORTABLE) ? ms : sinceMs;
  }
  return new Map(
    actors.map(({ course, process }) => [
      process.pid,
      wantedKib(course, nowMs) - wantedKib(course, sinceMs),
    ]),
  );
}

/** Lets a daemon live on the machine until it kills; null when it never does. */
export function firstKill(machine: RandomMachine, run: typeof runDaemon): FirstKill | null {
  const kernel = new SimulatedKernel(machine.hardware, machine.actors);
  let first: FirstKill | null = null;
  const report = (event: Event) => {
    if (event.kind !== "killing" || first !== null) {
      return;
    }
    const took = tookSince(machine, kernel.nowMs());
    const sum = (of: (pid: number) => boolean) =>
      [...took].reduce((kib, [pid, tookKib]) => kib + (of(pid) ? tookKib : 0), 0);
    const allKib = Math.max(
      1,
      sum(() => true),
    );
    const { victims } = event.selection;
    const pids = new Set(victims.map(({ process }) => process.pid));
    const isHog = (pid: number) => pid >= HOG_PID;
    const hogsShare = sum(isHog) / allKib;
    const isGroup = [...took.keys()].filter(isHog).length >= FEWEST_OF_GROUP && hogsShare >= 0.5;
    const tookHalf = [...took].filter(([pid, kib]) => isHog(pid) && kib >= allKib / 2);
    first = {
      comms: victims.map(({ process }) => process.comm),
      rule: event.verdict.rule,
      isSecond: kernel.simulated.kernelKills.length > 0,
      hogsShare,
      largestShare: Math.max(...took.values()) / allKib,
      victimsShare: sum((pid) => pids.has(pid)) / allKib,
      isExplained: isGroup || tookHalf.length > 0,
      isRight: [...pids].every((pid) =>
        isGroup ? isHog(pid) : tookHalf.some(([taker]) => taker === pid),
      ),
    };
    kernel.at(kernel.nowMs(), Signal.SIGTERM);
  };
  kernel.at(machine.forMs, Signal.SIGTERM);
  run(kernel, { options: someOptions({ trim: false }), inheritance: anInheritance() }, report, "");
  return first;
}
