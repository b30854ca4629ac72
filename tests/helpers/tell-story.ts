import type { runDaemon } from "../../src/daemon.ts";
import type { Event } from "../../src/model/event.ts";
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
 * Whether some rule has its witnesses: both limits are passed, or tasks stall while memory is
 * scarce. Only stalls since this time count. It asks for half of what the daemon has to see, since
 * the two do not measure at the very same moments.
 */
function mayAct(machine: SimulatedMachine, story: Story, atMs: number, sinceMs: number): boolean {
  const { mem, psiPercent, swap } = story.options;
  const { availablePercent, swapFreePercent } = machine.stateAt(atMs);
  const isLow = availablePercent <= mem.softPercent + ROUNDING;
  const isSwapFull = swapFreePercent <= swap.softPercent + ROUNDING;
  const stalled = 100 * machine.stallShare(Math.max(sinceMs, atMs - 1000), atMs);
  return isLow && (isSwapFull || (psiPercent > 0 && stalled >= psiPercent / 2));
}

/** Lets a daemon live through a story, and judges what it did. */
export function tellStory(story: Story, run: typeof runDaemon): Told {
  const kernel = new SimulatedKernel(story.hardware, story.actors);
  const machine = kernel.simulated;
  const faults: string[] = [];
  let endedMs = -Infinity;
  let told = 0;
  const report = (event: Event) => {
    const nowMs = kernel.nowMs();
    machine.advance(nowMs);
    if (event.kind === "killed") {
      endedMs = nowMs;
    }
    // The signals are sent first, and may have helped by the time it is said.
    const signalMs = kernel.calls.slice(told).find((call) => / SIG\w+ /.test(call));
    told = kernel.calls.length;
    const actedMs = signalMs === undefined ? nowMs : parseInt(signalMs, 10);
    const isFounded = [actedMs, actedMs - LAG_MS].some((atMs) =>
      mayAct(machine, story, atMs, endedMs),
    );
    if (event.kind === "killing" && !isFounded) {
      const before = endedMs > 0 ? `, and the last one ended at ${Math.round(endedMs)} ms` : "";
      const state = JSON.stringify(machine.stateAt(nowMs));
      faults.push(`${Math.round(nowMs)}ms a kill without witnesses: ${state}${before}`);
    }
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
