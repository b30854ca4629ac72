/** Plays random stories on random machines with several daemons. See tests/vm/README.md. */
import { parseArgs } from "node:util";
import type { Outcome } from "../tests/vm/judge.ts";
import { missingTools } from "../tests/vm/lab.ts";
import { clocks } from "../tests/vm/machine.ts";
import { describe, play } from "../tests/vm/play.ts";
import { seeded, type Seeded } from "../tests/vm/random/seeded.ts";
import { verdictOf, type Verdict } from "../tests/vm/random/verdict.ts";
import type { Subject } from "../tests/vm/subjects.ts";
import { writeCourse } from "./bench/course.ts";
import { chooseDaemons } from "./bench/daemons.ts";
import { medianSeconds, whoDied } from "./bench/outcomes.ts";
import { printTable } from "./bench/table.ts";

const usage = `Usage: bench-random [--seeds 1..60] [--daemon NAME,..] [--with NAME=COMMAND]...
                    [--nice=N] [--clock host|instructions] [--course FOLDER]
                    [--list] [--json] [--log]

Every seed makes a machine, innocent programs and a story: every second one is peaceful, and every
second of the others has swap.

  --seeds   such as 7, 1..60 or 3,9,20..29 (default 1..60)
  --daemon  bustd, earlyoom, nohang, kernel, and names given by --with; default: all there are.
            "kernel" tells whether a seed is sound: it must end nobody in a peaceful one
  --with    another build or other options, such as --with "lazy=dist/bustd -n -p 40"
  --nice=N  start the daemons with this nice value, as a unit may do (default -20)
  --clock   instructions: one CPU, whose clock hardly feels the host's load (default); host: two
  --list    only say what the seeds are
  --course  write the whole course of each to FOLDER/seed-N-SWAP-LRU-DAEMON-1.jsonl, which
            \`bustd replay\` reads
  --json    one line of JSON for each machine instead of the tables
  --log     print what happened when, and each daemon's log
`;

interface Row {
  seeded: Seeded;
  daemon: string;
  outcome: Outcome;
  verdict: Verdict;
}

function readSeeds(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [, from = "", to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === "" || last < first) {
      throw new Error(`--seeds: ${JSON.stringify(part)} is no seed; write 7 or 1..60`);
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1..60" },
      daemon: { type: "string", default: "" },
      with: { type: "string", multiple: true, default: [] },
      nice: { type: "string", default: "-20" },
      clock: { type: "string", default: "instructions" },
      course: { type: "string" },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      log: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const clock = clocks.find((one) => one === values.clock);
  if (!clock) throw new Error(`there is no clock ${JSON.stringify(values.clock)}; see --help`);
  return { ...values, seeds: readSeeds(values.seeds), nice: Number(values.nice), clock };
}

function machineCells({ seed, isCrisis, machine, story }: Seeded): string[] {
  const { ramMib, swap, swapMib, lru, diskBytesPerSecond } = machine;
  return [
    String(seed),
    isCrisis ? "crisis" : "peace",
    `${ramMib} MiB`,
    swap === "none" ? "no swap" : `${swap} ${swapMib}`,
    lru,
    `${diskBytesPerSecond / 1e6} MB/s`,
    story.about,
  ];
}

const machineHead = ["seed", "", "RAM", "swap", "lru", "disk", "story; beside it"];

function cells({ seeded: one, daemon, outcome, verdict }: Row): string[] {
  const { result, crisisToDeathMs, bystandersKilled } = outcome;
  return [
    ...machineCells(one),
    daemon,
    verdict,
    whoDied(outcome),
    String(bystandersKilled.length),
    one.isCrisis ? medianSeconds([crisisToDeathMs]) : "",
    medianSeconds([result.stallUs / 1000]),
  ];
}

const head = [
  ...machineHead,
  "daemon",
  "verdict",
  "who died by whose hand",
  "innocents",
  "crisis→death",
  "stall",
];

/** One line for a daemon and a kind of story. */
function summary(rows: Row[], daemon: string, isCrisis: boolean): string[] {
  const its = rows.filter((row) => row.daemon === daemon && row.seeded.isCrisis === isCrisis);
  const count = (verdict: Verdict) => String(its.filter((row) => row.verdict === verdict).length);
  return [
    daemon,
    isCrisis ? "crises" : "peace",
    String(its.length),
    count("right"),
    count("late"),
    count("wrong"),
    count("kernel"),
    count("missed"),
    String(its.reduce((sum, { outcome }) => sum + outcome.bystandersKilled.length, 0)),
    isCrisis ? medianSeconds(its.map(({ outcome }) => outcome.crisisToDeathMs)) : "",
    medianSeconds(its.map(({ outcome }) => outcome.result.stallUs / 1000)),
  ];
}

const summaryHead = [
  "daemon",
  "",
  "stories",
  "right",
  "late",
  "wrong",
  "by the kernel",
  "missed",
  "innocents killed",
  "crisis→death",
  "stall",
];

const legend = `
right: those who had to die did, at the daemon's hand, or nobody in peace; late: after more than
5 s of crisis and 3 s of stall; wrong: the daemon ended an innocent; by the kernel: it had to end
somebody; missed: the daemon ended nobody. Seconds; medians below.
`;

async function playOne(one: Seeded, subject: Subject, options: ReturnType<typeof readArguments>) {
  const { clock, course, nice } = options;
  const isCourseWanted = course !== undefined;
  const outcome = await play(one.story, subject, { ...one.machine, clock, nice, isCourseWanted });
  if (!outcome) throw new Error(`${subject.name} cannot do what seed ${one.seed} asks`);
  if (course !== undefined) {
    const { lru, swap } = one.machine;
    const daemon = subject.name;
    writeCourse(course, { story: `seed-${one.seed}`, swap, lru, daemon, run: 1 }, outcome);
  }
  const row: Row = {
    seeded: one,
    daemon: subject.name,
    outcome,
    verdict: verdictOf(one, outcome),
  };
  const name = `seed ${one.seed}, ${subject.name}: ${row.verdict}`;
  if (options.json) {
    const { deaths, kernelOomKills, stallUs, crisisAtMs } = outcome.result;
    const { crisisToDeathMs, bystandersKilled } = outcome;
    const facts = { crisisAtMs, crisisToDeathMs, bystandersKilled, kernelOomKills, stallUs };
    const { seed, isCrisis, machine, story } = one;
    const what = { seed, isCrisis, machine, about: story.about };
    console.log(
      JSON.stringify({ ...what, daemon: subject.name, verdict: row.verdict, ...facts, deaths }),
    );
  } else {
    console.error(options.log ? `${name}; ${one.story.about}\n${describe(outcome)}` : name);
  }
  return row;
}

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) return console.log(usage);
  const stories = options.seeds.map(seeded);
  if (options.list) return printTable([machineHead, ...stories.map(machineCells)], 7);
  const missing = missingTools();
  if (missing.length > 0) {
    throw new Error(`missing: ${missing.join(", ")}; run bun scripts/setup-test-tools.ts --rivals`);
  }
  const subjects = chooseDaemons(options.daemon, options.with);
  const rows: Row[] = [];
  for (const one of stories) {
    for (const subject of subjects) rows.push(await playOne(one, subject, options));
  }
  if (options.json) return;
  printTable([head, ...rows.map(cells)], head.indexOf("innocents"));
  console.log(legend);
  const lines = subjects.flatMap(({ name }) => [
    summary(rows, name, true),
    summary(rows, name, false),
  ]);
  printTable([summaryHead, ...lines], 2);
}

try {
  await main();
} catch (error) {
  console.error(`bench-random: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
