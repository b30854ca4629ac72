/**
 * The daemon without its sleeps: the clock is put forward in their place, and memory is as scarce
 * as the story below wants it. It cannot kill anybody, but starts again in place as the real one.
 */
import { runDaemon } from "../../src/daemon.ts";
import { afterKey, decode, key, type Key } from "../../src/readings/text.ts";
import { plainReport } from "../../src/report/plain.ts";
import { linux } from "../../src/sys/linux.ts";
import { Signal, type Sys, Source } from "../../src/sys/sys.ts";
import type { SoakState } from "./state.ts";
import { actAt, BACK_PERCENT, SHORTEST_ACT_TICKS } from "./story.ts";

const SAMPLES_FD = 3;
const NULL_DEVICE = "/dev/null";
const MEMINFO = "/proc/meminfo";
const MEM_FREE = key("MemFree:");
const MEM_AVAILABLE = key("MemAvailable:");
/** A sample is text between these. */
const RECORD_END = "\0";

const handedOver = linux.readHandover(Number(process.env["BUSTD_OPTIONS_FD"] ?? -1));
const state = JSON.parse(handedOver ?? process.argv[2] ?? "") as SoakState;
const { endTicks, sampleTicks } = state;
const { inheritance } = state.handover;
const handover = { inheritance, options: { ...state.handover.options, dryRun: true } };

let { aheadMs, selections, ticks } = state;
let isTold = false;
let meminfoFd = -1;

/** Ends the program before anybody could come to harm. */
function refuse(what: string): never {
  linux.write(SAMPLES_FD, `refused ${what}${RECORD_END}`);
  process.exit(1);
}

/** Calls that the rehearsal makes with objects that do not exist go to the kernel, others never. */
const harmless: Partial<Sys> = {
  openPidfd: (pid) => (pid > 2 ** 22 ? linux.openPidfd(pid) : refuse("openPidfd")),
  sendSignal: (pidfd, signal) =>
    pidfd < 0 && signal === 0 ? linux.sendSignal(pidfd, signal) : refuse("sendSignal"),
  signalProcess: (pid, signal) =>
    signal === 0 ? linux.signalProcess(pid, signal) : refuse("signalProcess"),
  signalGroup: (pgid, signal) =>
    pgid > 2 ** 22 && signal === 0 ? linux.signalGroup(pgid, signal) : refuse("signalGroup"),
  hurry: (pid) => (pid > 2 ** 22 ? linux.hurry(pid) : refuse("hurry")),
  releaseMemory: (pidfd) => (pidfd < 0 ? linux.releaseMemory(pidfd) : refuse("releaseMemory")),
  writeFile: (path, text) =>
    path === NULL_DEVICE ? linux.writeFile(path, text) : refuse("writeFile"),
  removeFile: () => refuse("removeFile"),
  restart: (as, content) => {
    if (as !== "BUSTD_OPTIONS_FD") {
      return refuse("restart");
    }
    const resumed: SoakState = {
      ...state,
      handover: JSON.parse(content),
      ticks,
      selections,
      aheadMs,
    };
    return linux.restart(as, JSON.stringify(resumed), []);
  },
};

let current = actAt(ticks);
const totals = { totalKib: 0, freeKib: 0, swapTotalKib: 0, swapFreeKib: 0 };

/** Writes another MemAvailable into the text of meminfo that was just read, and no MemFree. */
function pretendAvailable(length: number): void {
  linux.readMemoryTotals(totals);
  pretend(MEM_FREE, length, 0);
  const isBack = current.backEvery !== undefined && ticks % current.backEvery === 0;
  const percent = (isBack ? BACK_PERCENT : current.availablePercent) + (ticks % 7) / 7;
  const availableKib = Math.round((totals.totalKib * percent) / 100);
  pretend(MEM_AVAILABLE, length, availableKib);
}

function pretend(line: Key, length: number, sizeKib: number): void {
  let kib = sizeKib;
  const lineAt = afterKey(linux.text, length, line);
  // "MemAvailable:   12345678 kB": the number ends before the last blank of the line.
  const end = linux.text.indexOf(10, lineAt) - " kB".length;
  for (let at = end - 1; at >= lineAt; at--) {
    linux.text[at] = kib > 0 || at === end - 1 ? 48 + (kib % 10) : 32;
    kib = Math.floor(kib / 10);
  }
}

function isOver(): boolean {
  return endTicks > 0 && ticks >= endTicks;
}

function sample(): void {
  // The lowest number that is free: none below it is, so it grows with any that are forgotten.
  const freeFd = linux.openToRead(NULL_DEVICE);
  linux.close(freeFd);
  const status = decode(linux.text, linux.readFile("/proc/self/status"));
  const counts = `ticks:\t${ticks}\nselections:\t${selections}\nfreeFd:\t${freeFd}\n`;
  linux.write(SAMPLES_FD, `${counts}${status}${RECORD_END}`);
}

/** In place of the sleep; as if told to stop when the last tick is over. */
function tick(ms: number): number {
  if (ms <= 0) {
    // The rehearsal.
    return linux.wait(0);
  }
  aheadMs += Math.max(ms, current.tickMs);
  const wake = linux.wait(0);
  ticks++;
  // It allocates, which the daemon's looks do not.
  current = ticks % SHORTEST_ACT_TICKS === 0 ? actAt(ticks) : current;
  if (ticks % sampleTicks === 0) {
    sample();
  }
  return isOver() ? wake | Source.signals : wake;
}

const sys: Sys = {
  ...linux,
  ...harmless,
  nowMs: () => linux.nowMs() + aheadMs,
  wait: tick,
  nextSignal: () => {
    const isFirst = isOver() && !isTold;
    isTold = isOver();
    return isFirst ? Signal.SIGTERM : linux.nextSignal();
  },
  readMemoryTotals: (into) => {
    linux.readMemoryTotals(into);
    // So little that each look is a close one.
    into.freeKib = 0;
  },
  openToRead: (path) => {
    const fd = linux.openToRead(path);
    meminfoFd = path === MEMINFO ? fd : meminfoFd;
    return fd;
  },
  readFromStart: (fd) => {
    const length = linux.readFromStart(fd);
    if (fd === meminfoFd && length > 0) {
      pretendAvailable(length);
    }
    return length;
  },
};

const print = plainReport(sys);
const exitCode = runDaemon(
  sys,
  handover,
  (event) => {
    selections += event.kind === "killing" ? 1 : 0;
    print(event);
  },
  "soak",
);
process.exit(exitCode);
