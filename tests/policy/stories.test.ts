import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { runDaemon } from "../../src/daemon.ts";
import { type Fault, plant } from "../helpers/plant.ts";
import { anyStory, hogStory, isGuilty } from "../helpers/stories.ts";
import { tellStory } from "../helpers/tell-story.ts";

const STORIES = 1500;
const PARTS = 15;
const TIMEOUT_MS = 180_000;

describe("in every story", () => {
  // In parts: all together take longer than a test may on a machine that is busy.
  test.each(Array.from({ length: PARTS }, (_item, i) => i + 1))(
    "nobody is killed without a rule and its witnesses, or for old news, or who is protected: %d",
    (part) => {
      const { seed = 1 } = fc.readConfigureGlobal();
      fc.assert(
        fc.property(anyStory, (story) => {
          expect(tellStory(story, runDaemon).faults).toEqual([]);
        }),
        { numRuns: STORIES / PARTS, seed: PARTS * seed + part },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "who takes all is killed, nobody else, and nobody by the kernel's hand",
    () => {
      let endings = 0;
      const runs = STORIES / 4;
      fc.assert(
        fc.property(hogStory, (story) => {
          const { kernelKills, signalled } = tellStory(story, runDaemon);
          expect(signalled.filter((pid) => !isGuilty(pid))).toEqual([]);
          expect(kernelKills).toEqual([]);
          endings += signalled.length > 0 ? 1 : 0;
        }),
        { numRuns: runs },
      );
      expect(endings).toBeGreaterThan(runs / 4);
    },
    TIMEOUT_MS,
  );
});

const FAULTS: readonly Fault[] = [
  {
    name: "no second look before the kill",
    instead: /const again = confirmNow\(daemon, selection, verdict\);/,
    planted: "const again = verdict as Verdict | null;",
  },
  {
    name: "the first process of /proc unchecked",
    instead: /const reason = whySpared\(process, context\);/,
    planted: "const reason = process === processes[0] ? null : whySpared(process, context);",
  },
  {
    name: "self not excluded",
    instead: /ownPid: sys\.ownPid\(\),/,
    planted: "ownPid: -1,",
  },
  {
    name: "avg10 used alone",
    instead: /const verdict = isSilent \? CALM : rule\.judge\(view\);/,
    planted: `const verdict: Verdict = reading.someAvg10 >= options.psiPercent && rule.needsPressure
      ? { kind: "act", rule: "avg10", because: "", urgency: "term", witnesses: [] }
      : isSilent ? CALM : rule.judge(view);`,
  },
  {
    name: "a rule asked that is switched off",
    instead: /upTo <= 0 \|\|/,
    planted: "",
  },
  {
    name: "a limit raised",
    instead: /return limitPercents\(mem, usableKib\(reading\)\);/,
    planted: `const { hardPercent, softPercent } = limitPercents(mem, usableKib(reading));
      return { softPercent: softPercent + 6, hardPercent };`,
  },
  {
    name: "a victim not waited for",
    instead: /crisis\.kills\.some\(\(\{ isHopeless: isGivenUp \}\) => !isGivenUp\)/,
    planted: "crisis.kills.length > 100",
  },
];

describe("the stories find, when it is planted,", () => {
  test.each(FAULTS)(
    "$name",
    async (fault) => {
      const faulty = await plant(fault);
      const result = fc.check(
        fc.property(anyStory, (story) => tellStory(story, faulty).faults.length === 0),
        { numRuns: STORIES, endOnFailure: true },
      );
      expect(result.failed).toBe(true);
    },
    TIMEOUT_MS,
  );
});
