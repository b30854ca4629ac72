import { expect, test } from "bun:test";
import { startSoak } from "../../scripts/soak/run.ts";
import { whatGrew } from "../../scripts/soak/verdict.ts";

const TICKS = 20_000;
const SAMPLE_TICKS = 500;
/** It takes 15 s on an idle machine. */
const TIMEOUT_MS = 180_000;

test(
  "20,000 looks and hundreds of choices later the daemon is no larger",
  async () => {
    using soak = await startSoak({ sampleTicks: SAMPLE_TICKS, endTicks: TICKS });
    const reach = async (ticks: number) => {
      while ((soak.samples().at(-1)?.ticks ?? 0) < ticks) {
        await Bun.sleep(20);
      }
    };
    await reach(TICKS / 10);
    const descriptors = soak.descriptors();
    await reach(TICKS / 2);
    expect(soak.descriptors()).toBe(descriptors);

    expect(await soak.exited).toBe(0);
    const samples = soak.samples();
    expect(samples).toHaveLength(TICKS / SAMPLE_TICKS);
    expect(samples.at(-1)?.selections).toBeGreaterThan(500);
    expect(new Set(samples.map(({ threads }) => threads))).toEqual(new Set([1]));
    expect(whatGrew(samples)).toEqual([]);
  },
  TIMEOUT_MS,
);
