import { expect } from "bun:test";
import { readConfiguration } from "../../src/cli/configuration.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { paperSurroundings } from "./paper-surroundings.ts";

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

/** Limits of sizes alone. */
export const sizes = (softKib: number, hardKib: number) => ({
  softPercent: 100,
  hardPercent: 100,
  softKib,
  hardKib,
});
