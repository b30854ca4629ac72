import { writeFileSync } from "node:fs";
import { toOptions } from "../cli/to-options.ts";
import { Errno } from "../model/errno.ts";
import type { Event, Report } from "../model/event.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { NO_INHERITANCE } from "../model/inheritance.ts";
import type { Handover } from "../model/handover.ts";
import { sentenceOf } from "../report/sentences.ts";
import { sizeText } from "../report/units.ts";
import { linux } from "../sys/linux.ts";
import { Signal, Source, type Sys } from "../sys/sys.ts";
import { version } from "../version.ts";
import { readMemory } from "./machine-now.ts";
import { print } from "./output.ts";
import { readSurroundings } from "./surroundings.ts";

/** The daemon's loop: `runDaemon`, which only main.ts may load. */
export type Loop = (sys: Sys, handover: Handover, report: Report, version: string) => number;

/** What a child of the self-test takes, and never more; and what must be available for it. */
const CHILD_KIB = 32 * 1024;
const LEAST_KIB = 8 * CHILD_KIB;
/** A child ends by itself after this, whatever becomes of its parent. */
const CHILD_MS = 60_000;
/** An exercise takes a second at most; after this it has failed. */
const EXERCISE_MS = 5000;
/** Between SIGTERM and SIGKILL: a child that obeys may be slow, as where it is emulated. */
const GRACE_MS = { obeys: 4000, ignores: 500 } as const;
const ROLE = "BUSTD_SELFTEST";

/** What a child does with SIGTERM. */
type Role = "obeys" | "ignores";

/**
 * `selftest`: the daemon's own loop kills two children of ours, which are all that it can see and
 * signal. Exit code 0 when both kills went as they should, 2 when not, 1 when it was not tried.
 */
export async function runSelftest(loop: Loop): Promise<number> {
  const role = process.env[ROLE];
  if (role === "obeys" || role === "ignores") {
    return beChild(role);
  }
  const { availableKib } = readMemory();
  if (availableKib < LEAST_KIB) {
    say(
      `not tried: ${sizeText(availableKib)} are available, and it takes two children of ` +
        `${sizeText(CHILD_KIB)}; that is safe from ${sizeText(LEAST_KIB)} on`,
    );
    return ExitCode.problems;
  }
  say(
    `Two children of bustd, of ${sizeText(CHILD_KIB)} each, are killed by the loop that runs in ` +
      "the daemon. It sees no other process.",
  );
  const children: Child[] = [];
  try {
    const obeys = startChild("obeys", children);
    const ignores = startChild("ignores", children);
    const isReady = await Promise.all(children.map(hasMemory));
    if (!isReady.every(Boolean)) {
      say(`broken  a child could not take ${sizeText(CHILD_KIB)}`);
      return ExitCode.usage;
    }
    const results = [
      judged("obeys", exercise(loop, obeys.pid, "obeys")),
      judged("ignores", exercise(loop, ignores.pid, "ignores")),
    ];
    if (results.includes(false)) {
      say("Kills do not work here as they should: bustd doctor says what hinders them.");
      return ExitCode.usage;
    }
    say(
      linux.ownUid() === 0
        ? "Kills work on this machine."
        : "Kills work on this machine, for processes of this user.",
    );
    return ExitCode.ok;
  } catch (error) {
    say(`broken  a child could not be started: ${(error as Error).message}`);
    return ExitCode.usage;
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
    }
  }
}

function say(line: string): void {
  print(`${line}\n`);
}

type Child = Bun.Subprocess<"ignore", "pipe", "ignore">;

/** Throws where it cannot be started. */
function startChild(role: Role, children: Child[]): Child {
  const child = Bun.spawn(["/proc/self/exe", "selftest"], {
    env: { [ROLE]: role },
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  return child;
}

/** Whether a child says that it holds what it is to hold. */
async function hasMemory(child: Child): Promise<boolean> {
  const { done } = await child.stdout.getReader().read();
  return !done;
}

/** The part of a child: takes memory, and waits to be killed. */
async function beChild(role: Role): Promise<number> {
  if (role === "ignores") {
    process.on("SIGTERM", () => {});
  }
  // Should the machine run out of memory meanwhile, the child goes first; and a parent that is
  // exempt has no child that is.
  writeFileSync("/proc/self/oom_score_adj", "1000");
  writeFileSync("/proc/self/comm", "selftest");
  const memory = new Uint8Array(CHILD_KIB * 1024).fill(1);
  print("ready\n");
  await Bun.sleep(CHILD_MS);
  return memory.length > 0 ? ExitCode.ok : ExitCode.problems;
}

/** Runs the loop until a kill of this child is over; what it said. */
function exercise(loop: Loop, pid: number, role: Role): Event[] {
  const events: Event[] = [];
  const world = worldOf(linux, pid, () => events.some(({ kind }) => kind === "killed"));
  const all = { softPercent: 100, hardPercent: 0 };
  const options = {
    ...toOptions({ daemon: false, trim: false, psi: 0 }, [], readSurroundings()),
    mem: all,
    swap: all,
    rules: [],
    killAfterMs: GRACE_MS[role],
  };
  loop(
    world,
    { options, inheritance: NO_INHERITANCE },
    (event) => events.push(structuredClone(event)),
    version,
  );
  return events;
}

/**
 * The kernel as it is, but for one thing: there is one process only, and nobody else can be
 * signalled. It tells the daemon to stop when it is done, or after a while.
 */
export function worldOf(sys: Sys, pid: number, isDone: () => boolean): Sys {
  const untilMs = sys.nowMs() + EXERCISE_MS;
  const isOver = () => isDone() || sys.nowMs() >= untilMs;
  let isTold = false;
  return {
    ...sys,
    listProcesses: () => {
      sys.pids[0] = pid;
      return 1;
    },
    // The child runs our own executable, which is never chosen.
    readProcessFile: (of, name) =>
      of === sys.ownPid() && name === "exe" ? -Errno.ENOENT : sys.readProcessFile(of, name),
    openPidfd: (of) => (of === pid ? sys.openPidfd(of) : -Errno.ESRCH),
    signalProcess: (of, signal) => (of === pid ? sys.signalProcess(of, signal) : -Errno.ESRCH),
    signalGroup: () => -Errno.ESRCH,
    writeFile: () => -Errno.EPERM,
    restart: () => -Errno.EPERM,
    // This is a command of an instant: neither first of all nor locked in memory.
    raisePriority: () => 0,
    lockMemory: () => 0,
    wait: (timeoutMs) => (isOver() ? Source.signals : sys.wait(Math.min(timeoutMs, EXERCISE_MS))),
    nextSignal: () => {
      if (isTold || !isOver()) {
        return sys.nextSignal();
      }
      isTold = true;
      return Signal.SIGTERM;
    },
  };
}

/** Tells how an exercise went; whether it went as it should. */
function judged(role: Role, events: readonly Event[]): boolean {
  const killed = events.find((event) => event.kind === "killed");
  const outcome = killed?.outcome;
  const isRight = outcome?.ending === "gone" && outcome.sigkill === (role === "ignores");
  const signal = role === "obeys" ? "SIGTERM" : "SIGKILL";
  const how = `${isRight ? "was" : "was not"} killed by ${signal}`;
  say(`${isRight ? "ok     " : "broken "} the child that ${role} SIGTERM ${how}`);
  for (const event of events) {
    if (isRight ? event.kind === "killing" || event.kind === "killed" : event.kind !== "look") {
      say(`        ${sentenceOf(event).text}`);
    }
  }
  return isRight;
}
