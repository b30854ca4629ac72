import { expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import type { Options } from "../src/model/options.ts";
import { SYSTEM_PLACES } from "../src/model/places.ts";
import type { Actor, Hardware } from "./helpers/hardware.ts";
import { SimulatedKernel } from "./helpers/simulated-kernel.ts";
import { signalsOf, watch } from "./helpers/watch.ts";

const MIB = 1024;
const FIRST_MS = 1_000;

const hardware: Hardware = {
  totalKib: 1000 * MIB,
  swapTotalKib: 0,
  swapKibPerS: 0,
  cacheShare: 0.5,
  // Where calls take no time, two processes more in the table take none.
  costMs: 0,
};

function hog(pid: number, fromMs: number): Actor {
  return {
    process: { pid, comm: "hog", bornAtMs: fromMs },
    course: { kind: "leak", kibPerS: 200 * MIB, fromMs },
  };
}

/** A kernel on which what the daemon starts beside itself never ends, nor does its hook. */
class WithHangingHooks extends SimulatedKernel {
  hanging = 0;

  override startBeside(args: readonly string[], env: readonly string[]): number {
    const pid = 2000 + 2 * this.hanging++;
    this.add({ pid, ppid: this.ownPid(), comm: "bustd" }, { pid: pid + 1, ppid: pid, comm: "sh" });
    return super.startBeside(args, env);
  }
}

/** What was killed when, where a second one leaks from that time on, and how many hooks hang. */
function crisis(secondMs: number, announce: Options["announce"], errno = 0) {
  const sys = new WithHangingHooks(hardware, [hog(100, FIRST_MS), hog(200, secondMs)]);
  if (errno > 0) {
    sys.refused.set("startBeside", errno);
  }
  watch(sys, secondMs + 20_000, { announce }, { places: SYSTEM_PLACES });
  return { signals: signalsOf(sys), hanging: sys.hanging };
}

const ANNOUNCE = { args: ["announce"], env: [] };

test("a crisis is handled no later with hooks that hang, or cannot start, than without", () => {
  let beside = 0;
  // From two at once to one after hooks were run for the first: some 6 s after it.
  for (let secondMs = FIRST_MS; secondMs <= 15_000; secondMs += 500) {
    const without = crisis(secondMs, null);
    expect(without.signals.length, `${secondMs} ms`).toBeGreaterThan(1);
    const hooked = crisis(secondMs, ANNOUNCE);
    expect(hooked.signals, `${secondMs} ms`).toEqual(without.signals);
    expect([without.hanging, hooked.hanging > 0]).toEqual([0, true]);
    expect(crisis(secondMs, ANNOUNCE, Errno.EAGAIN).signals).toEqual(without.signals);
    beside += hooked.hanging > 1 ? 1 : 0;
  }
  expect(beside).toBeGreaterThan(10);
});
