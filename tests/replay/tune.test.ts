import { describe, expect, test } from "bun:test";
import { runDaemon } from "../../src/daemon.ts";
import { episodesOf } from "../../src/replay/episodes.ts";
import { type Moment, NOBODY, type Process } from "../../src/replay/fields.ts";
import { cutoffText, sweepLines } from "../../src/replay/lines.ts";
import { Pacer } from "../../src/replay/pace.ts";
import {
  headerLine,
  readRecording,
  type Recording,
  RecordingWriter,
} from "../../src/replay/recording.ts";
import { parseSweep, sweepOver, withSetting } from "../../src/replay/sweep.ts";
import { tuneLines } from "../../src/replay/tune-lines.ts";
import { tune } from "../../src/replay/tune.ts";
import { someOptions } from "../helpers/nouns.ts";

const HOUR_MS = 3_600_000;
const TOTAL_KIB = 1_000_000;

/** What becomes of memory in one episode: the share that is left at the lowest, and how it ends. */
interface Plot {
  readonly atMs: number;
  readonly lowestPercent: number;
  readonly killedBy: "" | "kernel" | "bustd";
}

function momentAt(
  atMs: number,
  available: number,
  hogKib: number,
  oomKills: number,
  startMs = 0,
): Moment {
  const sizes = { anonKib: hogKib, oomScore: 900 };
  const hog: Process = { ...NOBODY, pid: 100, comm: "hog", startMs, ...sizes };
  const other: Process = { ...NOBODY, pid: 60, comm: "other", anonKib: 90_000, oomScore: 690 };
  const processes = hogKib > 0 ? [other, hog] : [other];
  const availableKib = Math.round((TOTAL_KIB * available) / 100);
  return {
    atMs,
    meminfo: {
      MemTotal: TOTAL_KIB,
      MemFree: availableKib,
      MemAvailable: availableKib,
      SwapTotal: 0,
      SwapFree: 0,
    },
    vmstat: { oom_kill: oomKills, pgsteal_kswapd: 0, pgsteal_direct: 0 },
    some: { avg10: 0, totalUs: 0 },
    full: { avg10: 0, totalUs: 0 },
    arcKib: 0,
    processes: new Map(processes.map((process) => [process.pid, process])),
  };
}

/** A day of calm but for these: each takes 10 s to the lowest, and is over 2 s later. */
function dayOf(plots: readonly Plot[], forMs = 25 * HOUR_MS): Recording {
  const writer = new RecordingWriter();
  const header = { kernel: "6.1.0", pageKib: 4, atMs: 0, bootMs: 0, wallMs: 0, ownPid: 0 };
  const lines = [headerLine({ ...header, ramKib: TOTAL_KIB }), writer.line(momentAt(0, 80, 0, 0))];
  let oomKills = 0;
  for (const { atMs, killedBy, lowestPercent } of plots) {
    for (let ms = 0; ms <= 10_000; ms += 500) {
      const available = 80 - ((80 - lowestPercent) * ms) / 10_000;
      const hogKib = Math.round(((80 - available) * TOTAL_KIB) / 100);
      lines.push(writer.line(momentAt(atMs + ms, available, hogKib + 1, oomKills, atMs)));
    }
    oomKills += killedBy === "kernel" ? 1 : 0;
    const killed = killedBy === "bustd" ? [{ pid: 100, by: killedBy }] : [];
    // Who gives its memory back lives on.
    const leftKib = killedBy === "" ? 20_000 : 0;
    lines.push(writer.line(momentAt(atMs + 12_000, 78, leftKib, oomKills, atMs), killed));
    lines.push(writer.line(momentAt(atMs + 13_000, 80, 0, oomKills)));
  }
  lines.push(writer.line(momentAt(forMs, 80, 0, oomKills)));
  const recording = readRecording(lines.join(""));
  if (typeof recording === "string") {
    throw new Error(recording);
  }
  return recording;
}

function plotsOf(count: number, plot: Omit<Plot, "atMs">, fromHour = 1): Plot[] {
  return Array.from({ length: count }, (_, i) => ({ ...plot, atMs: (fromHour + i) * HOUR_MS }));
}

const options = someOptions({ trim: false });

describe("episodes", () => {
  test("are told apart, with their lowest point and how they ended", () => {
    const plots: Plot[] = [
      { atMs: HOUR_MS, lowestPercent: 7, killedBy: "" },
      { atMs: 2 * HOUR_MS, lowestPercent: 1, killedBy: "kernel" },
      { atMs: 3 * HOUR_MS, lowestPercent: 9, killedBy: "bustd" },
      { atMs: 4 * HOUR_MS, lowestPercent: 40, killedBy: "" },
    ];
    expect(episodesOf(dayOf(plots))).toMatchObject([
      { end: "passed", lowestPercent: 7, stalledMs: 0 },
      { end: "kernel", lowestPercent: 1 },
      { end: "bustd", lowestPercent: 9 },
    ]);
  });
});

describe("tune", () => {
  test("refuses less than a day, less than ten episodes, and conditions of one's own", () => {
    const passed = { lowestPercent: 15, killedBy: "" } as const;
    const few = tune(runDaemon, [dayOf(plotsOf(9, passed))], options);
    expect(few.refusal).toBe(
      "too little to go by: 25.0 h with 9 episodes in which memory was short or tasks stalled; " +
        "it takes 24 h with 10",
    );
    expect(few.proposals).toEqual([]);
    const short = dayOf(plotsOf(12, passed), 14 * HOUR_MS);
    expect(tune(runDaemon, [short], options).refusal).toContain("14.0 h with 12 episodes");
    expect(tune(runDaemon, [short, short], options).refusal).toBeNull();
    const own = someOptions({ when: [{ text: "mem < 5", allOf: [] }] });
    expect(tune(runDaemon, [short, short], own).refusal).toContain("conditions of your own");
    const mem = { softPercent: 100, hardPercent: 50, softKib: 50_000, hardKib: 25_000 };
    const sized = tune(runDaemon, [short, short], someOptions({ mem }));
    expect(sized.refusal).toContain("a limit of available memory is a size here");
    expect(sized.proposals).toEqual([]);
  });

  test("judges what is in force with the hard limit that it has", () => {
    const high = someOptions({ trim: false, mem: { softPercent: 10, hardPercent: 10 } });
    const seen: number[] = [];
    const run: typeof runDaemon = (sys, asked, ...rest) => {
      const { hardPercent, softPercent } = asked.options.mem;
      seen.push(...(softPercent === 10 ? [hardPercent] : []));
      return runDaemon(sys, asked, ...rest);
    };
    tune(run, [dayOf(plotsOf(12, { lowestPercent: 15, killedBy: "" }))], high);
    expect([...new Set(seen)]).toEqual([10]);
  });

  test("leaves alone what did well", () => {
    const plots = [
      ...plotsOf(8, { lowestPercent: 15, killedBy: "" }),
      ...plotsOf(4, { lowestPercent: 2, killedBy: "kernel" }, 10),
    ];
    const tuning = tune(runDaemon, [dayOf(plots)], options);
    expect(tuning.proposals).toMatchObject([
      { setting: "psi", inForce: 25, proposed: 25 },
      { setting: "mem", inForce: 10, proposed: 10 },
    ]);
    expect(tuneLines(tuning, 80).at(-1)).toBe("The settings in force stay as they are.");
  });

  test("proposes less where kills would have been for nothing, and says why", () => {
    const plots = [
      ...plotsOf(8, { lowestPercent: 7, killedBy: "" }),
      ...plotsOf(4, { lowestPercent: 1, killedBy: "kernel" }, 10),
    ];
    const tuning = tune(runDaemon, [dayOf(plots)], options);
    const [, mem] = tuning.proposals;
    expect(mem).toMatchObject({ setting: "mem", inForce: 10, proposed: 6 });
    expect(mem?.scores.find(({ value }) => value === 10)).toMatchObject({ needless: 8, missed: 0 });
    const text = tuneLines(tuning, 200).join("\n");
    expect(text).toContain("8 went by without a kill, 4 ended with a kill of the kernel's");
    expect(text).toContain("mem 6 instead of 10: 0 kills in episodes that went by without one");
    expect(text).toContain("mem = [6, 3]");
  });

  test("proposes more where the kernel killed and it would have been late", () => {
    const late = someOptions({ trim: false, mem: { softPercent: 1, hardPercent: 0.5 } });
    const plots = plotsOf(12, { lowestPercent: 3, killedBy: "kernel" });
    expect(tune(runDaemon, [dayOf(plots)], late).proposals[1]).toMatchObject({
      setting: "mem",
      inForce: 1,
      proposed: 4,
    });
  });
});

describe("sweeps", () => {
  test.each([
    ["psi=5..60", "psi", [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]],
    ["mem=4..10/2", "mem", [4, 6, 8, 10]],
    ["swap=0..1/0.5", "swap", [0, 0.5, 1]],
  ] as const)("%s", (text, setting, values) => {
    expect(parseSweep(text)).toEqual({ setting, values });
  });

  test.each([
    "",
    "psi",
    "psi=5",
    "psi=60..5",
    "psi=5..101",
    "foo=1..2",
    "mem=0..100/0.1",
    "mem=1..5/0",
  ])("%j is none", (text) => {
    expect(parseSweep(text)).toBeNull();
  });

  test("change one setting, and the hard limit with the soft one", () => {
    expect(withSetting(options, "psi", 40)).toEqual({ ...options, psiPercent: 40 });
    const limits = { softPercent: 40, hardPercent: 20 };
    expect(withSetting(options, "mem", 40)).toEqual({ ...options, mem: limits });
    expect(withSetting(options, "swap", 40)).toEqual({ ...options, swap: limits });
  });

  test("are a table, a picture, and where it begins", () => {
    const recording = dayOf([{ atMs: 1000, lowestPercent: 7, killedBy: "" }], 14_000);
    const sweep = parseSweep("mem=4..12/4") ?? { setting: "mem", values: [] };
    const tried = sweepOver(runDaemon, recording, options, sweep);
    const lines = sweepLines(sweep, tried, recording, { columns: 60, isUtf8: false });
    expect(lines.slice(0, 4)).toEqual([
      "  mem kills    first victim",
      "    4     0        - -",
      "    8     1  11.00 s hog (100), exhaustion",
      "   12     1  10.50 s hog (100), exhaustion",
    ]);
    expect(lines.filter((line) => line.includes("^"))).toHaveLength(2);
    expect(lines.slice(-2).join(" ")).toBe(
      "From mem 8 on somebody would have been killed, below it nobody.",
    );
  });

  test.each([
    [[0, 0, 0], "With no psi from 5 to 15 would anybody have been killed."],
    [[1, 2, 1], "With every psi from 5 to 15 somebody would have been killed."],
    [[1, 1, 0], "Up to psi 10 somebody would have been killed, above it nobody."],
    [[0, 0, 3], "From psi 15 on somebody would have been killed, below it nobody."],
    [[0, 3, 0], "Somebody would have been killed with psi 10, and with no other."],
    [[3, 0, 1], "Somebody would have been killed with psi 5, 15, and with no other."],
  ])("of %j kills end in a sentence", (kills, sentence) => {
    expect(cutoffText("psi", kills, [5, 10, 15])).toBe(sentence);
  });
});

describe("the pace of a recording", () => {
  const at = (atMs: number, available: number, totalUs = 0): Moment => ({
    ...momentAt(atMs, available, 0, 0),
    some: { avg10: 0, totalUs },
  });

  test("is quick where memory is short or tasks stall, and a while after", () => {
    const pacer = new Pacer();
    expect(pacer.pauseMs(at(0, 80))).toBe(1000);
    expect(pacer.pauseMs(at(1000, 20))).toBe(100);
    expect(pacer.pauseMs(at(1100, 5))).toBe(20);
    expect(pacer.pauseMs(at(2000, 80))).toBe(100);
    expect(pacer.pauseMs(at(7000, 80))).toBe(1000);
    expect(pacer.pauseMs(at(8000, 80, 50_000))).toBe(100);
  });

  test("is quick while memory goes, wherever it stands: sizes of then tell who took it", () => {
    const pacer = new Pacer();
    const pauses = [80, 79.5, 79, 70, 70, 70, 90, 89.5, 89.4, 89.3, 89.2, 88.8].map(
      (available, i) => pacer.pauseMs(at(3000 * i, available)),
    );
    // Back is not lost, nor is what goes in longer than ten seconds.
    const near = [100, 100, 100];
    expect(pauses).toEqual([1000, 1000, ...near, 1000, 1000, 1000, 1000, 1000, 1000, 1000]);
  });

  test("gives counting processes no more than a tenth of the time", () => {
    const pacer = new Pacer();
    expect(pacer.isCountDue(0)).toBe(true);
    pacer.counted(0, 90);
    pacer.pauseMs(at(100, 5));
    expect(pacer.isCountDue(800)).toBe(false);
    expect(pacer.isCountDue(900)).toBe(true);
    pacer.counted(900, 901);
    expect(pacer.isCountDue(1150)).toBe(true);
    pacer.pauseMs(at(60_000, 80));
    pacer.pauseMs(at(70_000, 80));
    expect(pacer.isCountDue(1150)).toBe(false);
  });
});
