/** What a bustd that really kills is like after all that can happen to it; only in a namespace. */
import * as limits from "../../src/model/limits.ts";
import {
  type Activity,
  activityOf,
  type Footprint,
  footprintOf,
  machineMemory,
  startDaemon,
} from "./process.ts";

/** A moment of its life; faults since the row before. */
export interface Moment extends Footprint {
  readonly daemon: string;
  readonly moment: string;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly switches: number;
}

interface Plan {
  readonly name: string;
  readonly command: readonly string[];
  /** How it and those it ends are started; empty, or setpriv(1) and its options. */
  readonly as: readonly string[];
  readonly idleS: number;
  readonly lookingS: number;
  readonly kills: number;
}

/**
 * The limit is half of what is available at the start less this, in percent of all: with so much
 * more than twice the limit the daemon asks sysinfo(2) alone, as rarely as it ever does.
 */
export const AMPLE_PERCENT = 8;
/** It looks ten times a second up to 10 % above its limit. */
const BALLAST_LEAVES_PERCENT = 5;
const HOG_EXCEEDS_PERCENT = 4;
/** Longer than it takes the daemon to find that a crisis is over, and to start again in place. */
const OVER_MS = limits.OVER_MS + limits.LONGEST_SLEEP_MS + 5000;
const SETTLE_MS = 3000;

/** This share of all memory, MiB. */
export function mibOf(percent: number): number {
  return Math.round((machineMemory().totalKib / 1024 / 100) * percent);
}

/** Takes so much memory and keeps it. */
export function startHog(mib: number, as: readonly string[] = []) {
  const program = [
    process.execPath,
    Bun.fileURLToPath(import.meta.resolve("./hog.ts")),
    String(mib),
  ];
  return Bun.spawn([...as, ...program], { stdio: ["ignore", "pipe", "inherit"] });
}

async function endedBy(hog: Bun.Subprocess): Promise<string> {
  const full = hog.stdout instanceof ReadableStream ? hog.stdout.getReader().read() : null;
  await Promise.race([hog.exited, full?.then(() => Bun.sleep(2000))]);
  const by = String(hog.signalCode ?? "nobody");
  hog.kill("SIGKILL");
  await hog.exited;
  return by;
}

/** Rows of one life, in the order in which things happen. */
export async function live(plan: Plan): Promise<readonly Moment[]> {
  const { availableKib, totalKib } = machineMemory();
  const availablePercent = (100 * availableKib) / totalKib;
  const soft = Math.max(1, (availablePercent - AMPLE_PERCENT) / 2);
  const flags = ["-s", "100", "-m", `${soft.toFixed(2)},${(soft / 2).toFixed(2)}`];
  const daemon = startDaemon([...plan.as, ...plan.command, ...flags]);
  const moments: Moment[] = [];
  let before: Activity | null = null;
  const note = (moment: string) => {
    if (daemon.hasEnded()) throw new Error(`${plan.name} has ended: ${daemon.text()}`);
    const now = activityOf(daemon.pid);
    const since = before ?? { switches: 0, minorFaults: 0, majorFaults: 0 };
    moments.push({
      daemon: plan.name,
      moment,
      ...footprintOf(daemon.pid),
      minorFaults: now.minorFaults - since.minorFaults,
      majorFaults: now.majorFaults - since.majorFaults,
      switches: now.switches - since.switches,
    });
    before = now;
  };
  const over = async () => {
    await Bun.sleep(OVER_MS);
    note(`${OVER_MS / 1000} s after it`);
  };
  try {
    await daemon.saidAfterMs(/pages/);
    await Bun.sleep(SETTLE_MS);
    note("started");
    await Bun.sleep(plan.idleS * 1000);
    note(`${plan.idleS} s idle`);
    const ballast = startHog(mibOf(availablePercent - soft - BALLAST_LEAVES_PERCENT), plan.as);
    await Bun.sleep(plan.lookingS * 1000);
    const wasKilled = ballast.signalCode === null ? "" : ", and a kill: memory was short";
    note(`${plan.lookingS} s of 10 looks/s${wasKilled}`);
    ballast.kill("SIGKILL");
    await ballast.exited;
    await over();
    for (let kill = 1; kill <= plan.kills; kill++) {
      const hog = startHog(mibOf(availablePercent - soft + HOG_EXCEEDS_PERCENT), plan.as);
      note(`kill ${kill}, by ${await endedBy(hog)}`);
      await over();
    }
    daemon.signal("SIGHUP");
    await daemon.saidAfterMs(/pages/, 2);
    await Bun.sleep(SETTLE_MS);
    note("reloaded");
  } finally {
    await daemon.end();
  }
  return moments;
}
