import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENGINE } from "../../src/sys/self.ts";
import { anInheritance } from "../../tests/helpers/nouns.ts";
import { optionsOf } from "../../tests/helpers/options-of.ts";
import { compile } from "../compile.ts";
import type { SoakState } from "./state.ts";

/** The daemon after so many looks. */
export interface Sample {
  readonly ticks: number;
  /** Victims chosen so far. */
  readonly selections: number;
  readonly rssKib: number;
  readonly anonymousKib: number;
  readonly threads: number;
  /** Open descriptors. */
  readonly descriptors: number;
}

/** A daemon that looks as fast as it can and ends nobody. */
export interface Soak {
  readonly pid: number;
  /** All samples so far; throws when the daemon was about to do harm. */
  readonly samples: () => readonly Sample[];
  readonly stop: () => void;
  readonly exited: Promise<number>;
  [Symbol.dispose](): void;
}

export interface SoakPlan extends Pick<SoakState, "sampleTicks" | "endTicks"> {
  readonly flags?: readonly string[];
}

function parseSample(text: string): Sample {
  if (text.startsWith("refused")) {
    throw new Error(`the daemon was about to do harm, and was ended: ${text}`);
  }
  const numberOf = (name: string) => {
    const found = new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1];
    if (found === undefined) {
      throw new Error(`a sample without ${name}: ${text}`);
    }
    return Number(found);
  };
  return {
    ticks: numberOf("ticks"),
    selections: numberOf("selections"),
    rssKib: numberOf("VmRSS"),
    anonymousKib: numberOf("RssAnon"),
    threads: numberOf("Threads"),
    descriptors: numberOf("freeFd"),
  };
}

/** Compiles the daemon's variant and starts it, its output thrown away. */
export async function startSoak({ endTicks, flags = [], sampleTicks }: SoakPlan): Promise<Soak> {
  const directory = mkdtempSync(join(tmpdir(), "bustd-soak-"));
  const program = join(directory, "soak");
  const samplesPath = join(directory, "samples");
  await compile(join(import.meta.dir, "main.ts"), program);
  const options = await optionsOf(["-n", "--dry-run", "-s", "100", ...flags]);
  const handover = { options, inheritance: anInheritance() };
  const samplesFd = openSync(samplesPath, "a");
  const counts = { ticks: 0, selections: 0, aheadMs: 0 };
  const state: SoakState = { handover, sampleTicks, endTicks, ...counts };
  const child = Bun.spawn([program, JSON.stringify(state)], {
    env: ENGINE,
    stdio: ["ignore", "ignore", "ignore", samplesFd],
  });
  closeSync(samplesFd);
  return {
    pid: child.pid,
    samples: () => readFileSync(samplesPath, "utf8").split("\0").slice(0, -1).map(parseSample),
    stop: () => child.kill("SIGTERM"),
    exited: child.exited,
    [Symbol.dispose]: () => {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    },
  };
}
