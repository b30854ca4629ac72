import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { runDaemon } from "../../src/daemon.ts";
import { replayJson } from "../../src/replay/json.ts";
import { replayLines } from "../../src/replay/lines.ts";
import { type Act, replay, type Warning } from "../../src/replay/replay.ts";
import { deathsOf } from "../../src/replay/stage.ts";
import { parseSweep, sweepOver } from "../../src/replay/sweep.ts";
import type { Actor, Hardware } from "../helpers/hardware.ts";
import { someOptions } from "../helpers/nouns.ts";
import { recordStory } from "../helpers/recorded-story.ts";
import { anyStory, hogStory } from "../helpers/stories.ts";

const SLOW_MS = 60_000;
const MIB = 1024;

const hardware: Hardware = {
  totalKib: 1000 * MIB,
  swapTotalKib: 500 * MIB,
  swapKibPerS: 50 * MIB,
  cacheShare: 0.5,
  costMs: 0,
};
const init: Actor = {
  process: { pid: 1, ppid: 0, comm: "init" },
  course: { kind: "idle", sizeKib: 9 * MIB },
};
const idle: Actor = {
  process: { pid: 60, comm: "idle" },
  course: { kind: "idle", sizeKib: 200 * MIB },
};
/** Memory and files that together do not fit. */
const squeeze: Actor = {
  process: { pid: 100, comm: "squeeze" },
  course: { kind: "files", sizeKib: 760 * MIB, fileKib: 250 * MIB },
};
const leak: Actor = {
  process: { pid: 100, comm: "leak", bornAtMs: 1000 },
  course: { kind: "leak", kibPerS: 200 * MIB, fromMs: 1000 },
};
/** A cache that is warm, and fits. */
const warm: Actor = {
  process: { pid: 100, comm: "reader" },
  course: { kind: "files", sizeKib: 100 * MIB, fileKib: 400 * MIB },
};

function story(...actors: readonly Actor[]) {
  const options = someOptions({ trim: false });
  return { hardware, actors: [init, idle, ...actors], options, forMs: 30_000 };
}

/** What can be compared of an act: all that a look and a scan told. */
function toldOf({ atMs, kind, selection, verdict }: Act) {
  const victims = selection.victims.map(({ process, score }) => [process.pid, Math.round(score)]);
  return { atMs, kind, verdict, victims, lostKib: Math.round(selection.loss.lostKib) };
}

describe("a replay with the settings that ran", () => {
  test(
    "begins with the same decision at the same reading, in stories of all kinds",
    () => {
      let acts = 0;
      fc.assert(
        fc.property(fc.oneof(anyStory, hogStory), (told) => {
          const lived = recordStory(told);
          const replayed = replay(runDaemon, lived.recording, told.options);
          expect(replayed.slice(0, 1).map(toldOf)).toEqual(lived.acts.slice(0, 1).map(toldOf));
          acts += Math.min(1, lived.acts.length);
        }),
        { numRuns: 40 },
      );
      expect(acts).toBeGreaterThan(5);
    },
    SLOW_MS,
  );

  test("kills who leaked, and tells of its end", () => {
    const { acts, recording } = recordStory(story(leak));
    const replayed = replay(runDaemon, recording, story().options);
    expect(replayed.map(toldOf)).toEqual(acts.map(toldOf));
    expect(deathsOf(recording)).toMatchObject([{ process: { pid: 100, comm: "leak" } }]);
  });

  test("kills what does not fit, once", () => {
    const { acts, recording } = recordStory(story(squeeze));
    expect(acts.map(toldOf)).toMatchObject([{ verdict: { rule: "thrashing" } }]);
    expect(replay(runDaemon, recording, story().options).map(toldOf)).toEqual(acts.map(toldOf));
  });

  test("kills nobody where a cache is warm, and a sweep shows where it would begin to", () => {
    const { acts, recording } = recordStory(story(warm));
    expect(acts).toEqual([]);
    const options = someOptions({ swap: { softPercent: 100, hardPercent: 100 } });
    const sweep = parseSweep("mem=10..90/10");
    const tried = sweepOver(runDaemon, recording, options, sweep ?? { setting: "mem", values: [] });
    const kills = tried.map((one) => one.acts.filter(({ kind }) => kind === "kill").length);
    const first = kills.findIndex((count) => count > 0);
    expect(first).toBeGreaterThan(2);
    expect(kills.slice(0, first).every((count) => count === 0)).toBe(true);
    expect(kills.slice(first).every((count) => count > 0)).toBe(true);
  });
});

describe("a replay with warnings", () => {
  const slowLeak: Actor = {
    process: { pid: 100, comm: "le\x1bak", bornAtMs: 1000 },
    course: { kind: "leak", kibPerS: 5 * MIB, fromMs: 1000 },
  };
  const forMs = 150_000;
  const options = someOptions({ trim: false, warn: true });
  const far = { ...story(slowLeak), hardware: { ...hardware, swapTotalKib: 0 }, options, forMs };
  const near = { ...story(leak), options };

  test.each([
    ["long before the limit", far, true],
    ["at the limit", near, false],
  ] as const)("warns when the daemon does, %s", (_when, told, isFar) => {
    const { recording, warnings } = recordStory(told);
    const again: Warning[] = [];
    const acts = replay(runDaemon, recording, told.options, (warning) => again.push(warning));
    const toldOfWarning = ({ atMs, event }: Warning) => [
      atMs,
      event.isFar,
      event.leftMs,
      event.selection.victims[0]?.process.pid,
    ];
    expect(again.map(toldOfWarning)).toEqual(warnings.map(toldOfWarning));
    expect(again).toMatchObject([{ event: { isFar } }]);
    const about = { recording, acts, warnings: again, deaths: [], whose: "here" } as const;
    const lines = replayLines({ ...about, options: told.options }, { columns: 110, isUtf8: false });
    const text = lines.join("\n");
    expect(text).toContain(", with warnings\n");
    expect(text).toMatch(/^ *\d+\.\d+ s {2}would warn: memory (is|will be) at its limit/m);
    expect(text).toMatch(/^would warn {3}\.*\^\.*$/m);
    expect(text).not.toContain("\x1b");
    const json = replayJson({ ...about, options: told.options });
    expect(json).toMatchObject({
      settings: { warn: true },
      warnings: [{ isFar, victims: [{ pid: 100 }] }],
    });
  });

  test("says that nobody would have been warned of", () => {
    const { recording, warnings } = recordStory({ ...story(warm), options });
    const about = { recording, acts: [], warnings, deaths: [], whose: "here", options } as const;
    const text = replayLines(about, { columns: 90, isUtf8: false }).join("\n");
    expect(text).toContain("\n          nobody would have been warned of\n");
  });

  test("gives none where nobody asks for them", () => {
    const { recording } = recordStory(far);
    const again: Warning[] = [];
    replay(runDaemon, recording, { ...options, warn: false }, (warning) => again.push(warning));
    expect(again).toEqual([]);
  });
});

describe("a replay with other settings", () => {
  test("counts what a victim has as free from then on: it is killed once", () => {
    const { recording } = recordStory(story(leak));
    const early = replay(runDaemon, recording, {
      ...story().options,
      mem: { softPercent: 30, hardPercent: 15 },
      swap: { softPercent: 100, hardPercent: 100 },
    });
    expect(early.map(({ selection }) => selection.victims[0]?.process.pid)).toEqual([100]);
    expect(early[0]?.atMs).toBeLessThan(deathsOf(recording)[0]?.atMs ?? 0);
  });

  test("says when nobody could be killed", () => {
    const { recording } = recordStory(story(leak));
    const options = someOptions({
      rules: [
        {
          origin: "-u",
          match: { comm: [{ kind: "glob", source: "*" }] },
          effect: { kind: "protect" },
        },
      ],
    });
    expect(replay(runDaemon, recording, options)[0]?.kind).toBe("nobody");
  });
});
