import type { Daemon } from "../daemon-state.ts";
import type { Event, Report } from "../model/event.ts";
import * as limits from "../model/limits.ts";
import { lost, Source, type Sys } from "../sys/sys.ts";
import type { WaitSource } from "./source.ts";

/** The kernel says that tasks stall; Documentation/accounting/psi.rst. */
export const pressure: WaitSource = { open, heed };

function open({ machine, sys }: Daemon, tell: Report): void {
  if (machine.pressureFd < 0) {
    tell({ kind: "no-pressure", errno: -machine.pressureFd });
    return;
  }
  const registered = registerTrigger(sys);
  machine.isWoken = registered.kind === "trigger";
  tell(registered);
}

/** A PSI trigger with a short window where the kernel lets us, else with the one it lets all. */
function registerTrigger(sys: Sys): Event {
  const short = sys.watchPressure(limits.TRIGGER_STALL_US, limits.TRIGGER_WINDOW_US);
  if (short >= 0) {
    return trigger(limits.TRIGGER_STALL_US, limits.TRIGGER_WINDOW_US);
  }
  const plain = sys.watchPressure(limits.PLAIN_TRIGGER_STALL_US, limits.PLAIN_TRIGGER_WINDOW_US);
  return plain >= 0
    ? trigger(limits.PLAIN_TRIGGER_STALL_US, limits.PLAIN_TRIGGER_WINDOW_US)
    : { kind: "no-trigger", errno: -plain };
}

function trigger(stallUs: number, windowUs: number): Event {
  return { kind: "trigger", stallMs: stallUs / 1000, windowMs: windowUs / 1000 };
}

const LOST = lost(Source.pressure);

/** That tasks stall, the next look sees. */
function heed({ machine, report }: Daemon, wake: number): boolean {
  if ((wake & LOST) !== 0) {
    machine.isWoken = false;
    report({ kind: "pressure-lost" });
  }
  return true;
}
