import type { LimitsInForce } from "../model/incident.ts";
import { type Reading, usableKib } from "../model/reading.ts";
import type { RecordedLook } from "../model/recorded.ts";
import { lookColumns } from "../recorder/incident.ts";
import { HISTORY_MS, type View } from "../report/top-frame.ts";
import type { Crowd } from "./machine-now.ts";

/** Growth and loss are told over this window. */
const WINDOW_MS = 10_000;
/** Growth below these is none: programs that have just started take as much. */
const GROWING_KIB_PER_S = 64;
const GROWN_KIB = 4 * 1024;

interface Sizes {
  readonly atMs: number;
  /** By pid and start, so that a pid's second owner is another one. */
  readonly kib: ReadonlyMap<string, number>;
}

/** What the live view remembers from one frame to the next. */
export class Watcher {
  #looks: RecordedLook[];
  #sizes: Sizes[] = [];
  #crowd: Crowd | null = null;

  constructor(earlier: readonly RecordedLook[]) {
    this.#looks = [...earlier];
  }

  /** Takes note of a look. */
  see(reading: Reading, wallMs: number): void {
    const { atMs } = reading;
    this.#looks.push(lookOf(reading, wallMs));
    this.#looks = this.#looks.filter((look) => atMs - look.atMs <= 2 * HISTORY_MS);
  }

  /** Takes note of who there is. */
  count(crowd: Crowd, atMs: number): void {
    this.#crowd = crowd;
    const kib = new Map(crowd.processes.map((item) => [keyOf(item), item.sizeKib]));
    this.#sizes = [...this.#sizes.filter((sizes) => atMs - sizes.atMs <= WINDOW_MS), { atMs, kib }];
  }

  /** What is to be shown now. */
  view(
    reading: Reading,
    limits: LimitsInForce,
    about: Pick<View, "clock" | "state" | "isHealthy" | "mayQuit">,
    userOf: (uid: number) => string,
  ): View {
    const { atMs } = reading;
    const first = this.#looks.find((look) => atMs - look.atMs <= WINDOW_MS);
    const candidates = this.#crowd?.candidates ?? [];
    return {
      ...about,
      looks: lookColumns(this.#looks, atMs),
      limits,
      availableKib: reading.availableKib,
      usableKib: usableKib(reading),
      swapFreeKib: reading.swapFreeKib,
      swapTotalKib: reading.swapTotalKib,
      somePercent: stallPercent(reading, first, "someMs"),
      fullPercent: stallPercent(reading, first, "fullMs"),
      leftKib: leftUntilActing(reading, limits),
      lossKibPerS: lossOf(reading, first),
      growing: this.#growing(),
      candidates: candidates.map(({ process, score }) => ({
        pid: process.pid,
        comm: process.comm,
        user: userOf(process.uid),
        sizeKib: process.sizeKib,
        score,
      })),
      processCount: this.#crowd?.processCount ?? 0,
    };
  }

  /** Who grew within the window, the fastest first. */
  #growing(): View["growing"] {
    const [before] = this.#sizes;
    const now = this.#sizes.at(-1);
    if (before === undefined || now === undefined || before === now) {
      return [];
    }
    const seconds = (now.atMs - before.atMs) / 1000;
    const grown = (this.#crowd?.processes ?? []).map((process) => {
      // Who was not there took all that it has.
      const grownKib = process.sizeKib - (before.kib.get(keyOf(process)) ?? 0);
      const { comm, pid, sizeKib } = process;
      return { pid, comm, sizeKib, grownKib, kibPerS: grownKib / seconds };
    });
    return grown
      .filter(({ grownKib, kibPerS }) => grownKib >= GROWN_KIB && kibPerS >= GROWING_KIB_PER_S)
      .toSorted((a, b) => b.kibPerS - a.kibPerS);
  }
}

function keyOf({ pid, startMs }: { readonly pid: number; readonly startMs: number }): string {
  return `${pid} ${startMs}`;
}

function lookOf(reading: Reading, wallMs: number): RecordedLook {
  return {
    atMs: reading.atMs,
    wallMs,
    marks: 0,
    totalKib: reading.totalKib,
    availableKib: reading.availableKib,
    setAsideKib: reading.setAsideKib,
    swapTotalKib: reading.swapTotalKib,
    swapFreeKib: reading.swapFreeKib,
    someMs: reading.someTotalUs / 1000,
    fullMs: reading.fullTotalUs / 1000,
    refaults: reading.refaults,
    swapIns: reading.swapIns,
    oomKills: 0,
  };
}

/** The share of time since a look in which tasks waited; -1 without PSI, 0 at the first look. */
function stallPercent(
  reading: Reading,
  first: RecordedLook | undefined,
  which: "someMs" | "fullMs",
): number {
  if (!reading.hasPressure) {
    return -1;
  }
  const now = (which === "someMs" ? reading.someTotalUs : reading.fullTotalUs) / 1000;
  const spanMs = first === undefined ? 0 : reading.atMs - first.atMs;
  return spanMs <= 0
    ? 0
    : Math.max(0, Math.min(100, (100 * (now - (first?.[which] ?? 0))) / spanMs));
}

/** What memory and free swap lose a second. */
function lossOf(reading: Reading, first: RecordedLook | undefined): number {
  const seconds = first === undefined ? 0 : (reading.atMs - first.atMs) / 1000;
  if (first === undefined || seconds <= 0) {
    return 0;
  }
  const before = first.availableKib + first.swapFreeKib;
  return (before - reading.availableKib - reading.swapFreeKib) / seconds;
}

function above(kib: number, allKib: number, percent: number): number {
  return Math.max(0, kib - (allKib * percent) / 100);
}

/** What can be taken until memory and swap are both at their limits; -1 when these are off. */
export function leftUntilActing(reading: Reading, limits: LimitsInForce): number {
  const { memSoftPercent, swapSoftPercent } = limits;
  if (memSoftPercent <= 0) {
    return -1;
  }
  return Math.round(
    above(reading.availableKib, usableKib(reading), memSoftPercent) +
      above(reading.swapFreeKib, reading.swapTotalKib, swapSoftPercent),
  );
}
