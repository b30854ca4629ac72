/** The reading of records and the judgement on them, with records written by hand: no machine. */
import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { readRecord, reliefAtMs } from "./record.ts";
import type { Story } from "./story.ts";

const story: Story = {
  about: "",
  swaps: ["none"],
  actors: [],
  deadlineMs: 1,
  mustDie: ["hog"],
  mostDeaths: 1,
};

/** 1 GB of RAM; the daemon is 50, the actors 90 (bystander) and 91 (hog); begins at second 2. */
function recordOf(...lines: string[]): string {
  const head = ["M 1000000 0", "A 1000000 50 earlyoom", "Y 50", "T 2000000"];
  const actors = ["A 2000000 90 bystander", "A 2500000 91 hog"];
  return [...head, ...actors, ...lines, "X bystander 1500 20", "X hog 0 0", "Z 9000000"].join("\n");
}

function sample(atMs: number, availableKib: number, someTotalUs: number, avg10 = 0): string {
  return `S ${2_000_000 + atMs * 1000} ${availableKib} 0 0 0 ${someTotalUs} 0 ${avg10 * 100} 0`;
}

function traced(atMs: number, sender: string, event: string): string {
  const seconds = (2 + atMs / 1000).toFixed(6);
  return `E 1          ${sender}   [000] d..2.   ${seconds}: ${event}`;
}

function signal(atMs: number, sender: string, sig: number, comm: string, pid: number): string {
  const what = `sig=${sig} errno=0 code=0 comm=${comm} pid=${pid} grp=1 res=0`;
  return traced(atMs, sender, `signal_generate: ${what}`);
}

function exit(atMs: number, comm: string, pid: number): string {
  return traced(atMs, `${comm}-${pid}`, `sched_process_exit: comm=${comm} pid=${pid} prio=120`);
}

test("a hog ended by the daemon is what the story asks", () => {
  const outcome = judge(
    story,
    readRecord(
      recordOf(
        sample(0, 500_000, 0),
        sample(3000, 99_000, 0),
        signal(3200, "<...>-50", 15, "hog", 91),
        exit(3400, "hog", 91),
        "R 5450000 91 15",
        sample(3500, 99_000, 40_000),
        sample(3600, 500_000, 60_000),
        sample(4200, 500_000, 70_000),
      ),
    ),
  );
  expect(outcome.problems).toEqual([]);
  expect(outcome.crisisToDeathMs).toBe(450);
  expect(outcome.deathToReliefMs).toBe(150);
  expect(outcome.longestStallMs).toBe(1.5);
  expect(outcome.result.stallUs).toBe(70_000);
  expect(outcome.result.deaths).toEqual([
    { name: "hog", pid: 91, signal: 15, by: "daemon", signalledAtMs: 3200, atMs: 3450 },
  ]);
});

test("a story may ask for one of several, and for no more than so many", () => {
  const ended = (name: string) => [signal(3000, "e-50", 15, name, 91), exit(3100, name, 91)];
  const asked: Story = { ...story, mustDie: [], mustDieOneOf: ["hog", "tab"], mostDeaths: 1 };
  const problems = (...lines: string[]) => judge(asked, readRecord(recordOf(...lines))).problems;
  expect(problems(...ended("hog"))).toEqual([]);
  expect(problems()).toEqual(["none of hog, tab was ended by the daemon"]);
  const both = [...ended("hog"), signal(3500, "e-50", 15, "tab", 92), exit(3600, "tab", 92)];
  expect(problems(...both)).toEqual(["the daemon ended 2 processes"]);
});

test("a story may ask for an order", () => {
  const ended = (...names: string[]) =>
    names.flatMap((name, index) => [
      signal(3000 + index * 500, "<...>-50", 15, name, 91 + index),
      exit(3100 + index * 500, name, 91 + index),
    ]);
  const asked: Story = { ...story, mustDie: ["hog", "tab"], inOrder: true, mostDeaths: 2 };
  const problems = (...names: string[]) =>
    judge(asked, readRecord(recordOf(...ended(...names)))).problems;
  expect(problems("hog", "tab")).toEqual([]);
  expect(problems("hog")).toContain("the daemon ended hog, and not hog, tab");
  const other = judge(
    { ...asked, mustDie: ["tab", "hog"] },
    readRecord(recordOf(...ended("hog", "tab"))),
  );
  expect(other.problems).toEqual(["the daemon ended hog, tab, and not tab, hog"]);
});

test("the kernel's victims are the kernel's, though another program asked for the memory", () => {
  const outcome = judge(
    story,
    readRecord(
      recordOf(
        signal(3000, "bystander-90", 9, "bystander", 90),
        traced(3000.1, "bystander-90", "mark_victim: pid=90"),
        exit(3100, "bystander", 90),
      ),
    ),
  );
  expect(outcome.result.deaths.map(({ name, by }) => [name, by])).toEqual([
    ["bystander", "kernel"],
  ]);
  expect(outcome.bystandersKilled).toEqual(["bystander"]);
  expect(outcome.problems).toEqual([
    "hog was not ended by the daemon",
    "bystander died without need",
    "the kernel ended 1",
  ]);
});

test("so they are when it was the daemon that asked for memory", () => {
  const killed = (code: number) =>
    readRecord(
      recordOf(
        signal(3000, "earlyoom-50", 9, "hog", 91).replace("code=0", `code=${code}`),
        traced(3000.1, "earlyoom-50", "mark_victim: pid=91"),
        exit(3100, "hog", 91),
      ),
    ).deaths.map(({ by }) => by);
  expect([killed(128), killed(0)]).toEqual([["kernel"], ["daemon"]]);
});

test("an ignored SIGTERM ends nobody; the SIGKILL after it does", () => {
  const { deaths, lostSignals } = readRecord(
    recordOf(
      signal(3000, "earlyoom-50", 15, "hog", 91),
      signal(3500, "earlyoom-50", 9, "hog", 91),
      exit(3600, "hog", 91),
    ),
  );
  expect(deaths.map((death) => death.signal)).toEqual([9]);
  expect(lostSignals.map((lost) => lost.signal)).toEqual([15]);
});

test("a SIGBUS after the SIGKILL does not make it the process's own deed", () => {
  const { deaths } = readRecord(
    recordOf(
      signal(3000, "earlyoom-50", 9, "leaker", 95),
      signal(3010, "leaker-95", 7, "leaker", 95),
      exit(3020, "leaker", 95),
    ),
  );
  expect(deaths.map(({ by, signal: sent }) => [by, sent])).toEqual([["daemon", 9]]);
});

test("a leader that ended before the signal died when it was reaped", () => {
  const { deaths } = readRecord(
    recordOf(exit(2600, "hog", 91), signal(3000, "earlyoom-50", 15, "hog", 91), "R 5300000 91 15"),
  );
  expect(deaths.map(({ atMs }) => atMs)).toEqual([3300]);
});

test("a name chosen to look like a record does not confuse the reader", () => {
  const name = "x pid=1 prio=1";
  const { deaths } = readRecord(
    recordOf(signal(3000, `a-b-50`, 15, name, 95), exit(3100, name, 95)),
  );
  expect(deaths).toEqual([
    { name, pid: 95, signal: 15, by: "daemon", signalledAtMs: 3000, atMs: 3100 },
  ]);
});

test("there is no relief while tasks stall, and none while memory is short", () => {
  const at = (availableKib: number, stalled: number) =>
    readRecord(recordOf(...[0, 300, 600, 900].map((ms) => sample(ms, availableKib, ms * stalled))));
  expect(reliefAtMs(at(500_000, 10), 0)).toBe(0);
  expect(reliefAtMs(at(500_000, 200), 0)).toBeNull();
  expect(reliefAtMs(at(50_000, 10), 0)).toBeNull();
});

test("a cut record is refused", () => {
  expect(() => readRecord("M 1 1\nT 5\nS 6 1 1 1 1 1 1 1 1\n")).toThrow("not complete");
  expect(() => readRecord(recordOf("I cut"))).toThrow("not complete");
});
