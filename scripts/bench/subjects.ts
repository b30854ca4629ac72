import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { cache, searchPath } from "../../tests/vm/lab.ts";
import { machineMemory } from "./process.ts";

/** What a daemon is measured in; see `STATES`. */
export type State = "idle" | "looking" | "acting";

export const STATES: Readonly<Record<State, string>> = {
  idle: "memory is plenty, and the limits are the default ones",
  looking: "available memory is just above the limit: it looks as often as it ever does",
  acting: "available memory has fallen below the limit: it says which process it would kill",
};

/** Taken in the state "acting" once the daemon has settled, more than `limitOf` leaves. */
export const ACTING_TAKES_PERCENT = 8;
const ACTING_BELOW_PERCENT = 4;

/** A daemon to measure. */
export interface Subject {
  readonly name: string;
  /** Its command line; undefined when it cannot be brought into this state. It kills nobody. */
  readonly command: (state: State) => readonly string[] | undefined;
  /** What it writes when it has read the machine's memory for the first time. */
  readonly firstReading: RegExp;
  /** What it writes when it is as small as it gets, and locked; undefined: nothing. */
  readonly settled?: RegExp;
}

/** A limit so far below what is available that the daemon looks at its fastest, or comes to. */
function limitOf(state: State, lookingBelowPercent: number): string {
  const { availableKib, totalKib } = machineMemory();
  const belowPercent = state === "acting" ? ACTING_BELOW_PERCENT : lookingBelowPercent;
  return Math.max(1, (100 * availableKib) / totalKib - belowPercent).toFixed(2);
}

/** In the middle of what bustd calls scarce: 0 to 10 % above the limit. */
const BUSTD_BELOW_PERCENT = 6;

/** The lines "acting when …; 95.2 % of 24105 MiB available" and "memory pages locked". */
const bustdSays = {
  firstReading: /% of \d+ MiB available/,
  settled: /pages.* (locked|not locked)/,
};

/**
 * Any bustd. Swap is left out of account where a limit is given; the configuration is an empty file
 * that only its owner can write.
 */
export function bustd(program: string, config: string): Subject {
  const bare = [resolve(program), "-n", "--pid-file=none", "--dry-run", `--config=${config}`];
  return {
    name: "bustd",
    command: (state) =>
      state === "idle" ? bare : [...bare, "-s", "100", "-m", limitOf(state, BUSTD_BELOW_PERCENT)],
    ...bustdSays,
  };
}

/** It sleeps 100 ms, its shortest, when 6,000 MiB/s could fill what is left in less. */
const EARLYOOM_HEADROOM_KIB = 300 * 1024;

function earlyoom(program: string): Subject {
  // Debian's own report interval; it reports once at the start.
  const bare = [program, "-r", "3600", "--dryrun"];
  const belowPercent = Math.min(1, (100 * EARLYOOM_HEADROOM_KIB) / machineMemory().totalKib);
  return {
    name: "earlyoom",
    command: (state) =>
      state === "idle" ? bare : [...bare, "-s", "100", "-m", limitOf(state, belowPercent)],
    firstReading: /^mem avail:/m,
  };
}

/** The rival that is installed, or that setup-test-tools.ts --rivals has unpacked. */
export function findEarlyoom(): Subject | undefined {
  const unpacked = join(cache, "rivals/usr/bin/earlyoom");
  const program =
    Bun.which("earlyoom", { PATH: searchPath() }) ?? (existsSync(unpacked) ? unpacked : undefined);
  return program === undefined ? undefined : earlyoom(program);
}

/** `NAME=COMMAND`; `{m}` in it stands for the limit on available memory, in percent. */
export function another(text: string): Subject {
  const [name = "", ...rest] = text.split("=");
  const words = rest.join("=").split(" ").filter(Boolean);
  const hasLimit = words.some((word) => word.includes("{m}"));
  const fill = (limit: string) => words.map((word) => word.replace("{m}", limit));
  return {
    name,
    command: (state) => {
      if (state === "idle") return fill("10");
      return hasLimit ? fill(limitOf(state, BUSTD_BELOW_PERCENT)) : undefined;
    },
    ...bustdSays,
  };
}
