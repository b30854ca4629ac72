import { openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Hogs, openHogs } from "./hogs.ts";
import type { Measured } from "./verdict.ts";

/** The daemon after so many kills. */
export interface KillSample extends Readonly<Record<Measured, number>> {
  readonly kills: number;
}

/** It acts whatever memory there is, and spares only the shells that start the others. */
const ACTS_ALWAYS = ["-n", "--pid-file=none", "-m100", "-s100", "--no-default-rules", "-ush"];
/** Where it leaves what it knows of kills; a namespace gets places of its own. */
const PLACES = ["/run", "/var/lib"];
/** The least that is worth a kill is 16 MiB, or half a percent of all memory. */
const HOG_MIB = 20;
const BURST = 12;
/** It merges its mappings after it has locked them. */
const SETTLE_MS = 3_000;
/** Longer than a kill takes in which all goes wrong. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 5;

function sampleOf(pid: number, kills: number): KillSample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const numberOf = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return {
    kills,
    rssKib: numberOf("VmRSS"),
    anonymousKib: numberOf("RssAnon"),
    threads: numberOf("Threads"),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    mappings: readFileSync(`/proc/${pid}/maps`, "utf8").trimEnd().split("\n").length,
  };
}

interface Round {
  readonly started: readonly Bun.Subprocess[];
  /** So many are to be killed before all that was started has ended. */
  readonly kills: number;
}

/** One or several of a size; in some rounds one that ignores SIGTERM, or a burst of forks. */
function startRound(hogs: Hogs, round: number): Round {
  const mib = HOG_MIB + (round % 7);
  if (round % 4 === 3) {
    return { started: [hogs.startBurst(mib, BURST)], kills: BURST };
  }
  const started = Array.from({ length: 1 + ((round * 3) % 8) }, () => hogs.start(mib));
  if (round % 5 === 4) {
    started.push(hogs.startStubborn(mib));
  }
  return { started, kills: started.length };
}

interface KillPlan {
  readonly executable: string;
  readonly flags: readonly string[];
  /** So many at least. */
  readonly kills: number;
  /** For what is needed meanwhile. */
  readonly directory: string;
}

function hasEnded({ exitCode, signalCode }: Bun.Subprocess): boolean {
  return exitCode !== null || signalCode !== null;
}

/**
 * Has an executable of bustd kill so many processes, and hands over what it is like at the start
 * and after each round of kills. To be called in a PID namespace of one's own.
 */
export async function haveKilled(
  { directory, executable, flags, kills }: KillPlan,
  note: (sample: KillSample) => void,
): Promise<void> {
  for (const place of PLACES) {
    Bun.spawnSync(["mount", "-t", "tmpfs", "none", place]);
  }
  const logPath = join(directory, "log");
  const log = openSync(logPath, "a");
  const daemon = Bun.spawn([executable, ...ACTS_ALWAYS, ...flags], { stdio: ["ignore", log, log] });
  const check = () => {
    if (hasEnded(daemon)) {
      throw new Error(`the daemon ended by itself: ${readFileSync(logPath, "utf8").slice(-500)}`);
    }
  };
  const hogs = openHogs(directory);
  await Bun.sleep(SETTLE_MS);
  check();
  note(sampleOf(daemon.pid, 0));
  for (let round = 0, done = 0; done < kills; round++) {
    const { kills: more, started } = startRound(hogs, round);
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!started.every(hasEnded)) {
      await Bun.sleep(PAUSE_MS);
      check();
      if (performance.now() > deadlineMs) {
        throw new Error(`after ${done} kills, ${more} more were not killed within a minute`);
      }
    }
    done += more;
    note(sampleOf(daemon.pid, done));
  }
  daemon.kill("SIGTERM");
  const exitCode = await daemon.exited;
  if (exitCode !== 0) {
    throw new Error(`told to end, it did so with exit code ${exitCode}`);
  }
}
