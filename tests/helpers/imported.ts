import { expect } from "bun:test";
import { readConfiguration } from "../../src/cli/configuration.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { paperSurroundings } from "./paper-surroundings.ts";

const MEMINFO = "MemTotal:        8388608 kB\nMemFree: 1 kB\nSwapTotal:       2097152 kB\n";
/** A machine with 8 GiB of memory and 2 GiB of swap. */
export const surroundings = paperSurroundings({ "/proc/meminfo": MEMINFO });

/** What bustd understands of an imported file; it must understand all of it. */
export async function understood(toml: string): Promise<Partial<Settings>> {
  const { settings, sentences } = await readConfiguration("/f", paperSurroundings({ "/f": toml }));
  expect(sentences).toEqual([]);
  return settings;
}

/** The comment that stands for a setting, or the lines it became. */
export function rowOf(toml: string, from: string): string {
  const lines = toml.split("\n");
  const start = lines.findIndex((line) => line === `# ${from}` || line.startsWith(`# ${from}: `));
  const end = lines.indexOf("", start);
  return start === -1 ? "nothing" : lines.slice(start, end === -1 ? undefined : end).join("\n");
}

export const limits = (softPercent: number, hardPercent: number) => ({ softPercent, hardPercent });
