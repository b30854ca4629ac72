import type { Reading } from "../../src/model/reading.ts";
import { type Course, wantedKib } from "./courses.ts";
import type { PaperProcess } from "./kernel-texts.ts";

export interface Actor {
  readonly process: PaperProcess;
  readonly course: Course;
}

export interface Hardware {
  readonly totalKib: number;
  readonly swapTotalKib: number;
  /** How fast swap takes or gives pages. */
  readonly swapKibPerS: number;
  /** Share of what is available that holds cached files. */
  readonly cacheShare: number;
  /** What a call to the kernel takes. */
  readonly costMs: number;
}

const TICK_MS = 10;
/** psi.c: the averages move every 2 s, by EXP_10s of 2048. */
const PSI_PERIOD_MS = 2000;
const EXP_10S = 1677 / 2048;
/** What the kernel itself holds, what it keeps free, and what programs need of their own files. */
const RESERVED = 0.04;
const KEPT_FREE = 0.01;
const PROGRAM_FILES = 0.02;
/** How often a process goes through all its memory, and files are read, per second. */
const TOUCHES_PER_S = 2;
/** Beside a leak 1.1 % of RAM comes back per second, measured. */
const PROGRAM_TOUCHES_PER_S = 0.5;
/** The kernel's own killer comes when nothing could be had for so long. */
const KERNEL_PATIENCE_MS = 50;

/** Percentages; of refaults, of RAM per second. */
export interface State {
  readonly availablePercent: number;
  /** 0 without swap. */
  readonly swapFreePercent: number;
  readonly refaultPercent: number;
}

interface Living {
  readonly process: PaperProcess;
  readonly course: Course;
  residentKib: number;
  swappedKib: number;
  grownKib: number;
}

/**
 * A memory and who lives in it: who grows takes what is available, then what swap takes from others
 * at its speed, and stalls meanwhile; PSI counts that by the kernel's formulas, and in the end the
 * kernel's own killer comes. Processes die by their `endsAtMs`.
 */
export class SimulatedMachine {
  /** Victims of the kernel's own killer. */
  readonly kernelKills: number[] = [];
  readonly #hardware: Hardware;
  readonly #living: Living[];
  /** `some total` of PSI at each tick, in microseconds. */
  readonly #stalls: number[] = [0];
  readonly #states: State[] = [];
  #avg10 = 0;
  #refaults = 0;
  #swapIns = 0;
  #swapOuts = 0;
  #refaultKibPerS = 0;
  #blockedMs = 0;

  /** The processes are changed: what they have, their score, and when they end. */
  constructor(hardware: Hardware, actors: readonly Actor[]) {
    this.#hardware = hardware;
    this.#living = actors.map(({ course, process }) => ({
      process,
      course,
      residentKib: "fromMs" in course ? 0 : course.sizeKib,
      swappedKib: 0,
      grownKib: 0,
    }));
    this.#states.push(this.#state());
    this.#show();
  }

  /** Lets time go on up to here. */
  advance(toMs: number): void {
    if (this.#stalls.length * TICK_MS > toMs) {
      return;
    }
    while (this.#stalls.length * TICK_MS <= toMs) {
      this.#tick(this.#stalls.length * TICK_MS);
    }
    this.#show();
  }

  /** Share of this time, which has passed, in which some task stalled; 0 to 1. */
  stallShare(fromMs: number, toMs: number): number {
    const [from, to] = [this.#stallUs(fromMs), this.#stallUs(toMs)];
    return toMs > fromMs ? (to - from) / 1000 / (toMs - fromMs) : 0;
  }

  /** How scarce memory is at a time that has passed. */
  stateAt(atMs: number): State {
    const tick = Math.min(this.#states.length - 1, Math.max(0, Math.floor(atMs / TICK_MS)));
    return this.#states[tick] ?? { availablePercent: 100, swapFreePercent: 100, refaultPercent: 0 };
  }

  sizeKibOf(pid: number): number {
    const found = this.#living.find(({ process }) => process.pid === pid);
    return found === undefined ? 0 : found.residentKib + found.swappedKib;
  }

  /** What the machine's files say now. */
  reading(): Partial<Reading> {
    const { cacheShare, swapTotalKib, totalKib } = this.#hardware;
    const [residentKib, swappedKib] = this.#sums();
    const availableKib = this.#availableKib(residentKib);
    const someTotalUs = this.#stalls.at(-1) ?? 0;
    return {
      totalKib,
      swapTotalKib,
      availableKib,
      freeKib: availableKib * (1 - cacheShare),
      swapFreeKib: swapTotalKib - swappedKib,
      someAvg10: this.#avg10,
      someTotalUs,
      fullTotalUs: someTotalUs / 2,
      refaults: this.#refaults,
      swapIns: this.#swapIns,
      swapOuts: this.#swapOuts,
    };
  }

  #state(): State {
    const { swapTotalKib, totalKib } = this.#hardware;
    const [residentKib, swappedKib] = this.#sums();
    const availableKib = this.#availableKib(residentKib);
    return {
      availablePercent: (100 * availableKib) / totalKib,
      swapFreePercent: swapTotalKib > 0 ? 100 - (100 * swappedKib) / swapTotalKib : 0,
      refaultPercent: (100 * this.#refaultKibPerS) / totalKib,
    };
  }

  #availableKib(residentKib: number): number {
    return Math.max(0, this.#hardware.totalKib * (1 - RESERVED) - residentKib);
  }

  #stallUs(atMs: number): number {
    const tick = Math.min(this.#stalls.length - 1, Math.max(0, Math.floor(atMs / TICK_MS)));
    return this.#stalls[tick] ?? 0;
  }

  #sums(): [number, number] {
    let [residentKib, swappedKib] = [0, 0];
    for (const living of this.#living) {
      residentKib += living.residentKib;
      swappedKib += living.swappedKib;
    }
    return [residentKib, swappedKib];
  }

  #tick(atMs: number): void {
    let someShare = this.#files();
    for (const living of this.#living) {
      const { course, process } = living;
      this.#bear(process, atMs);
      if (atMs < (process.bornAtMs ?? 0) || atMs >= (process.endsAtMs ?? Infinity)) {
        living.residentKib = living.swappedKib = living.grownKib = 0;
      } else {
        this.#want(living, wantedKib(course, atMs));
        someShare = Math.max(someShare, course.kind === "throttled" ? course.stallShare : 0);
      }
    }
    someShare = Math.max(someShare, this.#grow(atMs));
    this.#states.push(this.#state());
    this.#stalls.push((this.#stalls.at(-1) ?? 0) + someShare * TICK_MS * 1000);
    if (atMs % PSI_PERIOD_MS === 0) {
      const share = (this.#stallUs(atMs) - this.#stallUs(atMs - PSI_PERIOD_MS)) / 1000;
      this.#avg10 = this.#avg10 * EXP_10S + (100 * share * (1 - EXP_10S)) / PSI_PERIOD_MS;
    }
  }

  /** A process whose parent is dead by then is not born. */
  #bear(process: PaperProcess, atMs: number): void {
    const { bornAtMs, endsAtMs, ppid = 1 } = process;
    const isDue = bornAtMs !== undefined && endsAtMs === undefined && atMs >= bornAtMs;
    const parent = this.#living.find((living) => living.process.pid === ppid);
    const parentEndsMs = parent?.process.endsAtMs ?? Infinity;
    if (isDue && bornAtMs >= parentEndsMs && atMs < bornAtMs + TICK_MS) {
      process.endsAtMs = bornAtMs;
    }
  }

  /** Notes what a process would take, or gives back what it has no use for. */
  #want(living: Living, wanted: number): void {
    const excessKib = living.residentKib + living.swappedKib - wanted;
    // Who is dying takes no more.
    living.grownKib = living.process.endsAtMs === undefined ? Math.max(0, -excessKib) : 0;
    if (excessKib > 0) {
      const fromSwap = Math.min(living.swappedKib, excessKib);
      living.swappedKib -= fromSwap;
      living.residentKib -= excessKib - fromSwap;
    }
  }

  /** Page cache that is in use and does not fit: the share of time spent waiting for it. */
  #files(): number {
    const { totalKib } = this.#hardware;
    const readKib = this.#living.reduce(
      (sum, { course, residentKib }) =>
        sum + (course.kind === "files" && residentKib > 0 ? course.fileKib : 0),
      0,
    );
    const ownKib = totalKib * PROGRAM_FILES;
    const roomKib = this.#availableKib(this.#sums()[0]) - totalKib * KEPT_FREE;
    const missing = Math.min(1, Math.max(0, 1 - roomKib / (readKib + ownKib)));
    this.#refaultKibPerS = missing * (readKib * TOUCHES_PER_S + ownKib * PROGRAM_TOUCHES_PER_S);
    this.#refaults += (this.#refaultKibPerS * TICK_MS) / 1000 / 4;
    return missing;
  }

  /** Gives those who want more what there is; the share of time they wait for it. */
  #grow(atMs: number): number {
    const { swapKibPerS, swapTotalKib, totalKib } = this.#hardware;
    const [residentKib, swappedKib] = this.#sums();
    const roomKib = Math.max(0, this.#availableKib(residentKib) - totalKib * KEPT_FREE);
    const backShare = (TOUCHES_PER_S * TICK_MS) / 1000;
    let demandKib = 0;
    for (const { course, grownKib, swappedKib: ownKib } of this.#living) {
      demandKib += grownKib + (course.kind === "idle" ? 0 : ownKib * backShare);
    }
    const speedKib = (swapKibPerS * TICK_MS) / 1000;
    const shortKib = Math.max(0, demandKib - roomKib);
    const outKib = Math.min(shortKib, speedKib, swapTotalKib - swappedKib);
    const granted = demandKib > 0 ? Math.min(1, (roomKib + outKib) / demandKib) : 1;
    this.#swapOut(outKib, residentKib);
    for (const living of this.#living) {
      const backKib = living.course.kind === "idle" ? 0 : living.swappedKib * backShare * granted;
      living.swappedKib -= backKib;
      living.residentKib += backKib + living.grownKib * granted;
      this.#swapIns += backKib / 4;
    }
    const isBlocked = shortKib > 0 && outKib === 0 && granted < 0.1;
    this.#blockedMs = isBlocked ? this.#blockedMs + TICK_MS : 0;
    if (this.#blockedMs >= KERNEL_PATIENCE_MS) {
      this.#killLargest(atMs);
    }
    return shortKib > 0 ? Math.min(1, shortKib / Math.max(1, Math.min(speedKib, outKib))) : 0;
  }

  /** The memory of idle processes goes first. */
  #swapOut(outKib: number, residentKib: number): void {
    if (outKib <= 0) {
      return;
    }
    const idle = this.#living.filter(({ course }) => course.kind === "idle");
    const idleKib = idle.reduce((sum, living) => sum + living.residentKib, 0);
    const [from, fromKib] = idleKib >= outKib ? [idle, idleKib] : [this.#living, residentKib];
    for (const living of from) {
      const part = Math.min(living.residentKib, (outKib * living.residentKib) / fromKib);
      living.residentKib -= part;
      living.swappedKib += part;
    }
    this.#swapOuts += outKib / 4;
  }

  #killLargest(atMs: number): void {
    this.#blockedMs = 0;
    const scored = this.#living
      .filter(({ residentKib }) => residentKib > 0)
      .toSorted((a, b) => this.#scoreOf(b) - this.#scoreOf(a));
    const victim = scored[0];
    if (victim !== undefined && this.#scoreOf(victim) > 0) {
      victim.process.endsAtMs = atMs;
      this.kernelKills.push(victim.process.pid);
    }
  }

  /** fs/proc/base.c. */
  #scoreOf({ process, residentKib, swappedKib }: Living): number {
    const { swapTotalKib, totalKib } = this.#hardware;
    const adj = process.oomScoreAdj ?? 0;
    if (process.pid <= 2 || process.ppid === 2 || adj === -1000) {
      return 0;
    }
    const badness = (1000 * (residentKib + swappedKib)) / (totalKib + swapTotalKib);
    return Math.max(0, Math.floor(((1000 + adj + badness) * 2) / 3));
  }

  /** Writes what came of it into the process table. */
  #show(): void {
    for (const living of this.#living) {
      living.process.rssKib = living.residentKib;
      living.process.oomScore = this.#scoreOf(living);
    }
  }
}
