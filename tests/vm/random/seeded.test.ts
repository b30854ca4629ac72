/** That random stories are what they say, by their words: no machine. */
import { expect, test } from "bun:test";
import { judge } from "../judge.ts";
import { readRecord } from "../record.ts";
import { planOf, type Actor } from "../story.ts";
import { reserveMib, swapGainMib, usableMib } from "./room.ts";
import { seeded, type Seeded } from "./seeded.ts";
import { verdictOf } from "./verdict.ts";

const many = Array.from({ length: 4000 }, (_, index) => seeded(index + 1));
const share = (ones: Seeded[], is: (one: Seeded) => boolean) =>
  ones.filter(is).length / ones.length;

function words({ part }: Actor): {
  kind: string;
  of: (name: string, otherwise?: number) => number;
} {
  const [kind = "", ...rest] = part.split(" ");
  const values = new Map(rest.map((word) => word.split("=") as [string, string]));
  return { kind, of: (name, otherwise = 0) => Number(values.get(name) ?? otherwise) };
}

/** What an actor has in the end, how much of it is in use, and how much in files, in MiB. */
function wants(actor: Actor) {
  const { kind, of } = words(actor);
  const all = of("mb") + of("file");
  const table: Record<string, [number, number]> = {
    bystander: [all, all],
    work: [all, all],
    hold: [all, 0],
    burst: [all, all],
    many: [of("count") * of("mb"), 0],
    workers: [of("shared"), of("shared")],
    browser: [of("main") + of("tabs") * of("mb"), 0],
    build: [of("jobs") * (of("mb") + 13), 0],
    leak: [of("limit"), 0],
    group: [of("count") * of("limit"), 0],
    storm: [of("limit", 2000) * of("mb"), 0],
    copy: [0, 0],
    stream: [0, 0],
  };
  const [mib, hotMib] = table[kind]!;
  return { mib, hotMib, fileMib: of("file") };
}

function total(actors: Actor[]) {
  const all = actors.map(wants);
  const sum = (key: keyof (typeof all)[number]) => all.reduce((sofar, one) => sofar + one[key], 0);
  return { mib: sum("mib"), hotMib: sum("hotMib"), fileMib: sum("fileMib") };
}

test("a seed is the same story every time, and another one another", () => {
  expect(seeded(17)).toEqual(seeded(17));
  const stories = new Set(many.map(({ machine, story }) => JSON.stringify([machine, story])));
  expect(stories.size).toBeGreaterThan(many.length - 5);
});

test("half are peaceful, half of the others have swap, and most machines are small", () => {
  const crises = many.filter(({ isCrisis }) => isCrisis);
  expect(share(many, ({ isCrisis }) => isCrisis)).toBe(0.5);
  expect(share(crises, ({ machine }) => machine.swap !== "none")).toBe(0.5);
  expect(share(many, ({ machine }) => machine.ramMib <= 1024)).toBeGreaterThan(0.8);
  expect(new Set(many.map(({ machine }) => machine.ramMib)).size).toBe(8);
});

test("peace fits: without swap beside the reserve, with swap all that is in use", () => {
  for (const { seed, isCrisis, machine, story } of many) {
    if (isCrisis) continue;
    // Bursts come one after the other.
    const actors = story.actors.filter(({ name }, at, all) => name !== all[at - 1]?.name);
    const { mib, hotMib, fileMib } = total(actors);
    const room = usableMib(machine) - reserveMib(machine);
    const gain = Math.min(swapGainMib(machine) / 2, machine.ramMib * 0.2);
    const most = machine.swap === "none" ? room : usableMib(machine) + fileMib + gain;
    expect(mib, `seed ${seed}`).toBeLessThanOrEqual(most + machine.ramMib * 0.05);
    expect(hotMib, `seed ${seed}`).toBeLessThanOrEqual(room + 1);
  }
});

test("a crisis does not fit", () => {
  for (const { seed, isCrisis, machine, story } of many) {
    if (!isCrisis) continue;
    const { mib, hotMib, fileMib } = total(story.actors);
    const swapMib = machine.swap === "none" ? 0 : machine.swapMib;
    const isTooMuch = mib - fileMib > usableMib(machine) + swapMib + machine.ramMib * 0.1;
    const isInUse = hotMib > usableMib(machine) * 1.2;
    expect(isTooMuch || isInUse, `seed ${seed}`).toBeTrue();
    const innocent = total(story.actors.filter(({ name }) => name !== "hog"));
    expect(innocent.mib, `seed ${seed}`).toBeLessThanOrEqual(usableMib(machine) * 0.62);
  }
});

test("every one can be told to a machine", () => {
  for (const { seed, story } of many) {
    expect(story.actors.length, `seed ${seed}`).toBeLessThan(64);
    expect(planOf(story, "").length).toBeLessThan(60_000);
    expect(planOf(story, "")).not.toContain("NaN");
    expect(story.deadlineMs).toBeLessThanOrEqual(130_000);
    expect(story.actors.every(({ atMs = 0 }) => Number.isInteger(atMs))).toBeTrue();
  }
});

/** 1 GB of RAM, short at second 1; the daemon is 50, the bystander 90, the hog 91. */
function outcome(isCrisis: boolean, ...lines: string[]) {
  const head = ["M 1000000 0", "A 0 50 d", "Y 50", "T 0", "A 0 90 bystander", "A 0 91 hog"];
  const samples = ["S 1000000 90000 0 0 0 0 0 0 0", "S 9000000 90000 0 0 0 4000000 0 0 0"];
  const text = [...head, ...samples, ...lines, "Z 9000000"].join("\n");
  const one = many.find((other) => other.isCrisis === isCrisis)!;
  return verdictOf(one, judge(one.story, readRecord(text)));
}

function killed(second: number, by: number, pid: number, comm: string): string[] {
  const what = `signal_generate: sig=9 errno=0 code=0 comm=${comm} pid=${pid} grp=1 res=0`;
  const sent = `E 1  x-${by}   [000] d..2.   ${second}.000000: ${what}`;
  return [sent, `R ${second}500000 ${pid} 9`];
}

test("verdicts", () => {
  const oom = "E 1  x-90   [000] d..2.   2.000000: mark_victim: pid=91";
  expect(outcome(true, ...killed(2, 50, 91, "hog"))).toBe("right");
  expect(outcome(true, ...killed(7, 50, 91, "hog"))).toBe("late");
  expect(outcome(true, ...killed(2, 50, 91, "hog"), ...killed(3, 50, 90, "b"))).toBe("wrong");
  expect(outcome(true, ...killed(2, 90, 91, "hog"), oom)).toBe("kernel");
  expect(outcome(true)).toBe("missed");
  expect(outcome(false)).toBe("right");
  expect(outcome(false, ...killed(2, 50, 90, "b"))).toBe("wrong");
});
