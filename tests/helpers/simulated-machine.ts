import type { Reading } from "../../src/model/reading.ts";
import { type Course, wantedKib } from "./courses.ts";
import type { Actor, Hardware } from "./hardware.ts";
import { kernelScore, type PaperProcess } from "./paper-process.ts";
import { SimulatedStalls } from "./simulated-stalls.ts";

const TICK_MS = 10;
const PAGE_KIB = 4;
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

/** A newcomer takes as fast as it can; a leak at a rate of its own sleeps most of the time. */
function busyMs({ course, grownKib }: Living): number {
  return grownKib > 0 && course.kind !== "leak" ? TICK_MS : 0;
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
  readonly #stalls = new SimulatedStalls(TICK_MS);
  readonly #states: State[] = [];
  #refaults = 0;
  #swapIns = 0;
  #evicted = 0;
  #swapOuts = 0;
  #allocStalls = 0;
  #cachedKib: number;
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
    this.#cachedKib = this.#availableKib(this.#sums()[0]) * hardware.cacheShare;
    this.#states.push(this.#state());
    this.#show();
  }

  /** Lets time go on up to here. */
  advance(toMs: number): void {
    this.#bury(toMs);
    if (this.#stalls.nextMs > toMs) {
      return;
    }
    while (this.#stalls.nextMs <= toMs) {
      this.#tick(this.#stalls.nextMs);
    }
    this.#show();
  }

  /** Share of this time, which has passed, in which some task stalled; 0 to 1. */
  stallShare(fromMs: number, toMs: number): number {
    return this.#stalls.shareOf(fromMs, toMs);
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
    const someTotalUs = this.#stalls.totalUs;
    return {
      totalKib,
      swapTotalKib,
      availableKib,
      freeKib: availableKib * (1 - cacheShare),
      swapFreeKib: swapTotalKib - swappedKib,
      someAvg10: this.#stalls.avg10,
      someTotalUs,
      fullTotalUs: someTotalUs / 2,
      refaults: this.#refaults,
      swapIns: this.#swapIns,
      evicted: this.#evicted + this.#swapOuts,
      allocStalls: this.#allocStalls,
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

  #sums(): [number, number] {
    let [residentKib, swappedKib] = [0, 0];
    for (const living of this.#living) {
      residentKib += living.residentKib;
      swappedKib += living.swappedKib;
    }
    return [residentKib, swappedKib];
  }

  /** What the dead had is free as soon as they are seen to be dead. */
  #bury(atMs: number): void {
    for (const living of this.#living) {
      const { bornAtMs = 0, endsAtMs = Infinity } = living.process;
      if (atMs < bornAtMs || atMs >= endsAtMs) {
        living.residentKib = living.swappedKib = living.grownKib = 0;
      }
    }
  }

  #tick(atMs: number): void {
    this.#bury(atMs);
    let someShare = this.#files();
    for (const living of this.#living) {
      const { course, process } = living;
      this.#bear(process, atMs);
      if (atMs >= (process.bornAtMs ?? 0) && atMs < (process.endsAtMs ?? Infinity)) {
        this.#want(living, wantedKib(course, atMs));
        someShare = Math.max(someShare, course.kind === "throttled" ? course.stallShare : 0);
      }
    }
    someShare = Math.max(someShare, this.#grow(atMs));
    this.#evictFiles();
    this.#states.push(this.#state());
    this.#stalls.add(someShare);
  }

  /** A process whose parent is dead by then is not born. */
  #bear(process: PaperProcess, atMs: number): void {
    const { bornAtMs, endsAtMs, ppid = 1 } = process;
    const isDue = bornAtMs !== undefined && endsAtMs === undefined && atMs >= bornAtMs;
    const isBorn = isDue && atMs < bornAtMs + TICK_MS;
    const parent = isBorn ? this.#living.find((living) => living.process.pid === ppid) : null;
    if (isBorn && bornAtMs >= (parent?.process.endsAtMs ?? Infinity)) {
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
    const backKib = (this.#refaultKibPerS * TICK_MS) / 1000;
    this.#refaults += backKib / PAGE_KIB;
    // Where nothing is free, what comes back takes the place of something else.
    this.#evicted += backKib / PAGE_KIB;
    this.#allocStalls += missing > 0 ? 1 : 0;
    return missing;
  }

  /** Cached files make way for whoever grows. */
  #evictFiles(): void {
    const cachedKib = this.#availableKib(this.#sums()[0]) * this.#hardware.cacheShare;
    this.#evicted += Math.max(0, this.#cachedKib - cachedKib) / PAGE_KIB;
    this.#cachedKib = cachedKib;
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
      living.process.cpuMs = (living.process.cpuMs ?? 0) + busyMs(living) * granted;
      this.#swapIns += backKib / PAGE_KIB;
      this.#refaults += backKib / PAGE_KIB;
    }
    this.#allocStalls += shortKib > 0 ? 1 : 0;
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
    this.#swapOuts += outKib / PAGE_KIB;
  }

  #killLargest(atMs: number): void {
    this.#blockedMs = 0;
    const large = this.#living.filter(({ residentKib }) => residentKib > 0);
    const [victim] = large.toSorted((a, b) => this.#scoreOf(b) - this.#scoreOf(a));
    if (victim !== undefined && this.#scoreOf(victim) > 0) {
      victim.process.endsAtMs = atMs;
      this.kernelKills.push(victim.process.pid);
    }
  }

  #scoreOf({ process, residentKib, swappedKib }: Living): number {
    const { swapTotalKib, totalKib } = this.#hardware;
    return kernelScore(process, residentKib + swappedKib, totalKib + swapTotalKib);
  }

  /** Writes what came of it into the process table. */
  #show(): void {
    for (const living of this.#living) {
      living.process.anonKib = living.residentKib;
      living.process.swapKib = living.swappedKib;
      living.process.oomScore = this.#scoreOf(living);
    }
  }
}
