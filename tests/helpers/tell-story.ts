import type { runDaemon } from "../../src/daemon.ts";
import type { Event } from "../../src/model/event.ts";
import type { Selection } from "../../src/model/selection.ts";
import { HARD_STUCK_MS } from "../../src/model/limits.ts";
import type { Options } from "../../src/model/options.ts";
import type { Acting, Witness } from "../../src/model/verdict.ts";
import { EVERY_RULE } from "../../src/policy/rules.ts";
import { Signal } from "../../src/sys/sys.ts";
import { anInheritance } from "./nouns.ts";
import type { SimulatedMachine } from "./simulated-machine.ts";
import { SimulatedKernel } from "./simulated-kernel.ts";
import { SACRED_PIDS, type Story } from "./stories.ts";

/** What came of a story. */
export interface Told {
  /** What the daemon must never do and did; `1234ms …`. */
  readonly faults: readonly string[];
  /** Pids that were sent a signal, in order, each once. */
  readonly signalled: readonly number[];
  readonly kernelKills: readonly number[];
}

/** A tick and the reading of three files may lie between the last look and the report. */
const LAG_MS = 20;
/** The kernel's files count in whole KiB. */
const ROUNDING = 0.01;

/**
 * Whether what a rule acts on was so in the machine itself at a moment. Only stalls since `sinceMs`
 * count. It asks for half of what the daemon has to see, since the two do not measure at the very
 * same moments. No limit may be
 * easier than the one that was asked for.
 */
function isSo({ limit, name }: Witness, at: Moment): boolean {
  const { atMs, isAbove, machine, options, sinceMs } = at;
  const { mem, psiPercent, swap } = options;
  const { availablePercent, swapFreePercent } = machine.stateAt(atMs);
  switch (name) {
    case "MemAvailable":
      return (
        availablePercent <= limit + ROUNDING && (isAbove || limit <= mem.softPercent + ROUNDING)
      );
    case "free swap":
      return swapFreePercent <= limit + ROUNDING && limit <= swap.softPercent + ROUNDING;
    case "stall":
      return (
        psiPercent > 0 &&
        limit >= psiPercent - ROUNDING &&
        100 * machine.stallShare(Math.max(sinceMs, atMs - 1000), atMs) >= psiPercent / 2
      );
    default:
      return true;
  }
}

interface Moment {
  readonly machine: SimulatedMachine;
  readonly options: Options;
  /** Whether the rule may act above the limit of available memory. */
  readonly isAbove: boolean;
  readonly atMs: number;
  readonly sinceMs: number;
}

/** Whether a rule may act: it has witnesses that the machine bears out. */
function mayAct({ rule, witnesses }: Acting, moment: Omit<Moment, "isAbove">): boolean {
  const isAbove = EVERY_RULE.find(({ name }) => name === rule)?.slowlyUpTo !== undefined;
  const at = { ...moment, isAbove };
  const isSeen = witnesses.some(({ name }) => name === "MemAvailable" || name === "stall");
  return isSeen && witnesses.every((witness) => isSo(witness, at));
}

/** Lets a daemon live through a story, and judges what it did. */
export function tellStory(story: Story, run: typeof runDaemon): Told {
  const kernel = new SimulatedKernel(story.hardware, story.actors);
  const machine = kernel.simulated;
  const { options } = story;
  const faults: string[] = [];
  let killedMs = -Infinity;
  let heard = 0;
  const dying = new Set<number>();
  const report = (event: Event) => {
    const nowMs = kernel.nowMs();
    machine.advance(nowMs);
    const calls = kernel.calls.slice(heard);
    heard = kernel.calls.length;
    if (event.kind === "killed") {
      killedMs = nowMs;
      pidsOf(event.selection).forEach((pid) => dying.delete(pid));
    }
    if (event.kind !== "killing") {
      return;
    }
    // The words come after the signals.
    const pids = pidsOf(event.selection);
    const struckMs = signalMs(calls, pids, "SIG");
    const times = [struckMs, struckMs - LAG_MS];
    if (
      struckMs >= 0 &&
      !times.some((atMs) => mayAct(event.verdict, { machine, options, atMs, sinceMs: killedMs }))
    ) {
      const before =
        killedMs > 0 ? `, and the last one was gone at ${Math.round(killedMs)} ms` : "";
      const state = JSON.stringify(machine.stateAt(struckMs));
      faults.push(`${struckMs}ms a kill without witnesses: ${state}${before}`);
    }
    // Of a storm, who is started meanwhile is killed beside the dying.
    const awaited = event.selection.group?.isStorm === true ? [] : dying;
    for (const pid of awaited) {
      const sigkillMs = signalMs(kernel.calls, [pid], "SIGKILL");
      if (struckMs >= 0 && (sigkillMs < 0 || struckMs - sigkillMs < HARD_STUCK_MS)) {
        faults.push(`${struckMs}ms another one is killed while ${pid} is dying`);
      }
    }
    pids.forEach((pid) => dying.add(pid));
  };
  kernel.at(story.forMs, Signal.SIGTERM);
  run(kernel, { options: story.options, inheritance: anInheritance() }, report, "story");
  const strikes = kernel.calls.flatMap((call) => {
    const [, pid] = /^\d+ms SIG\w+ (?:pid )?(\d+)/.exec(call) ?? [];
    if (pid !== undefined && SACRED_PIDS.has(Number(pid))) {
      faults.push(`${call}: nobody may signal that one`);
    }
    return pid === undefined ? [] : [Number(pid)];
  });
  const { kernelKills } = machine;
  return { faults, signalled: [...new Set(strikes)], kernelKills };
}

function pidsOf({ victims }: Selection): number[] {
  return victims.map(({ process }) => process.pid);
}

/** When the first of these was sent such a signal; -1: none was. */
function signalMs(calls: readonly string[], pids: readonly number[], name: string): number {
  const first = calls.find((call) => {
    const [, signal = "", pid] = /^\d+ms (SIG\w+) (?:pid )?(\d+)/.exec(call) ?? [];
    return signal.startsWith(name) && pids.includes(Number(pid));
  });
  return first === undefined ? -1 : Number.parseInt(first, 10);
}
