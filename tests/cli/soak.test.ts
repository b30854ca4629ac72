import { expect, test } from "bun:test";
import { startSoak } from "../../scripts/soak/run.ts";
import { whatGrew } from "../../scripts/soak/verdict.ts";

const TICKS = 60_000;
const SAMPLE_TICKS = 500;
/** It takes 10 s on an idle machine. */
const TIMEOUT_MS = 180_000;

test(
  "60,000 looks and thousands of choices later the daemon is no larger",
  async () => {
    using soak = await startSoak({ sampleTicks: SAMPLE_TICKS, endTicks: TICKS });
    expect(await soak.exited).toBe(0);
    const samples = soak.samples();
    expect(samples).toHaveLength(TICKS / SAMPLE_TICKS);
    expect(samples.at(-1)?.selections).toBeGreaterThan(2000);
    expect(new Set(samples.map(({ threads }) => threads))).toEqual(new Set([1]));
    expect(whatGrew(samples)).toEqual([]);
  },
  TIMEOUT_MS,
);
