/** Plays the stories of tests/vm with several daemons in the same virtual machine and prints what
 * became of it. See tests/vm/README.md. */
import { parseArgs } from "node:util";
import type { Outcome } from "../tests/vm/judge.ts";
import { missingTools } from "../tests/vm/lab.ts";
import { clocks, lrus, swaps, type Clock, type Lru, type Swap } from "../tests/vm/machine.ts";
import { describe, play, printable, type Circumstances, type Played } from "../tests/vm/play.ts";
import { stories } from "../tests/vm/stories.ts";
import type { Subject } from "../tests/vm/subjects.ts";
import { writeCourse } from "./bench/course.ts";
import { chooseDaemons } from "./bench/daemons.ts";
import { medianSeconds, whoDied } from "./bench/outcomes.ts";
import { printTable } from "./bench/table.ts";

const usage = `Usage: bench-oom [--story NAME,..] [--swap none,disk,zram] [--daemon NAME,..]
                 [--lru classic,mglru] [--clock host|instructions] [--ram MIB] [--cpus N]
                 [--swap-size MIB] [--disk MB] [--runs N] [--nice=N] [--with NAME=COMMAND]...
                 [--course FOLDER] [--json] [--log]

  --story   default: leak,squeeze,newcomer; "all" plays every story
  --swap    default: every swap that a story is told with
  --daemon  bustd, earlyoom, nohang, kernel, and names given by --with; default: all there are
  --with    another build or other options, such as --with "lazy=dist/bustd -n -p 40"
  --lru     how the kernel finds pages to evict: classic, mglru or classic,mglru (default classic)
  --clock   instructions: one CPU, whose clock hardly feels the host's load (default host)
  --ram, --cpus, --swap-size
            a machine other than the story's own
  --disk    what its disk reads and writes, in MB/s (default 40)
  --runs    machines per row; the table shows medians (default 1)
  --nice=N  start the daemons with this nice value, as a unit may do (default 0)
  --course  write the whole course of each story to FOLDER/STORY-SWAP-LRU-DAEMON-N.jsonl: the
            machine, and then memory, pressure and all processes every 20 ms; bustd replay FILE
  --json    one line of JSON for each machine instead of the table
  --log     print what happened when, and each daemon's log

Stories:
${Object.entries(stories)
  .map(([name, { about, swaps: told }]) => `  ${name.padEnd(20)}${about} (${told.join(", ")})`)
  .join("\n")}
`;

interface Row {
  story: string;
  swap: Swap;
  lru: Lru;
  daemon: string;
  outcomes: Outcome[];
}

type Options = ReturnType<typeof readArguments>;

function readArguments() {
  const { values } = parseArgs({
    options: {
      story: { type: "string", default: "leak,squeeze,newcomer" },
      swap: { type: "string", default: swaps.join(",") },
      daemon: { type: "string", default: "" },
      lru: { type: "string", default: "classic" },
      clock: { type: "string", default: "host" },
      ram: { type: "string" },
      cpus: { type: "string" },
      "swap-size": { type: "string" },
      disk: { type: "string" },
      course: { type: "string" },
      runs: { type: "string", default: "1" },
      nice: { type: "string", default: "0" },
      with: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
      log: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const named = values.story === "all" ? Object.keys(stories) : values.story.split(",");
  return {
    ...values,
    stories: chosen("story", named.join(","), Object.keys(stories)),
    swaps: chosen("swap", values.swap, swaps),
    lrus: chosen("lru", values.lru, lrus),
    machine: readMachine(values),
    runs: Number(values.runs),
    nice: Number(values.nice),
  };
}

function chosen<T extends string>(option: string, text: string, all: readonly T[]): T[] {
  return text.split(",").map((word) => {
    const found = all.find((one) => one === word);
    if (!found) throw new Error(`there is no ${option} ${JSON.stringify(word)}; see --help`);
    return found;
  });
}

/** What is asked of the machine beside swap and lru. */
function readMachine(values: Record<string, unknown> & { clock: string }): Partial<Circumstances> {
  const number = (name: string, scale = 1): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value <= 0) throw new Error(`--${name} needs a number above 0`);
    return value * scale;
  };
  const [ramMib, cpus, swapMib] = [number("ram"), number("cpus"), number("swap-size")];
  const diskBytesPerSecond = number("disk", 1_000_000);
  const clock: Clock = chosen("clock", values.clock, clocks)[0]!;
  return {
    clock,
    ...(ramMib ? { ramMib } : {}),
    ...(cpus ? { cpus } : {}),
    ...(swapMib ? { swapMib } : {}),
    ...(diskBytesPerSecond ? { diskBytesPerSecond } : {}),
  };
}

function cells({ story, swap, lru, daemon, outcomes }: Row): string[] {
  const runs = outcomes.length;
  const problems = outcomes.filter((outcome) => outcome.problems.length === 0).length;
  const rate = (count: number) => (count === 0 ? "0" : String(Number((count / runs).toFixed(1))));
  return [
    story,
    swap,
    lru,
    daemon,
    [...new Set(outcomes.map(whoDied))].join(" | "),
    medianSeconds(outcomes.map(({ crisisToDeathMs }) => crisisToDeathMs)),
    medianSeconds(outcomes.map(({ deathToReliefMs }) => deathToReliefMs)),
    medianSeconds(outcomes.map(({ result }) => result.stallUs / 1000)),
    medianSeconds(outcomes.map(({ longestStallMs }) => longestStallMs)),
    rate(outcomes.reduce((sum, { bystandersKilled }) => sum + bystandersKilled.length, 0)),
    rate(outcomes.reduce((sum, { result }) => sum + result.kernelOomKills, 0)),
    daemon === "kernel" ? "" : `${problems}/${runs}`,
  ];
}

const head = [
  "story",
  "swap",
  "lru",
  "daemon",
  "who died by whose hand",
  "crisis→death",
  "death→relief",
  "stall",
  "longest",
  "bystanders",
  "kernel kills",
  "as asked",
];

const legend =
  "\nSeconds, medians. stall: PSI some over the story; longest: the bystander's longest.";

function report(row: Row, outcome: Played, options: { json: boolean; log: boolean }): void {
  const { story, swap, lru, daemon } = row;
  if (options.json) {
    const { result, course: _course, ...rest } = outcome;
    const { samples: _samples, daemon: duty, ...facts } = result;
    console.log(JSON.stringify({ story, swap, lru, daemon, ...rest, ...facts, duty }));
    return;
  }
  const brief = printable(outcome.problems.join("; ")) || "as asked";
  console.error(
    `${story}, swap ${swap}, ${lru}, ${daemon}: ${options.log ? describe(outcome) : brief}`,
  );
}

function plannedRows(options: Options): (Row & { subject: Subject })[] {
  const subjects = chooseDaemons(options.daemon, options.with);
  return options.stories.flatMap((story) =>
    stories[story]!.swaps.filter((one) => options.swaps.includes(one)).flatMap((swap) =>
      options.lrus.flatMap((lru) =>
        subjects.map((subject) => ({
          story,
          swap,
          lru,
          subject,
          daemon: subject.name,
          outcomes: [],
        })),
      ),
    ),
  );
}

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) return console.log(usage);
  const missing = missingTools();
  if (missing.length > 0) {
    throw new Error(`missing: ${missing.join(", ")}; run bun scripts/setup-test-tools.ts --rivals`);
  }
  const rows: Row[] = [];
  for (const row of plannedRows(options)) {
    for (let run = 1; run <= options.runs; run++) {
      const { story, swap, lru, subject } = row;
      const { nice, course, machine } = options;
      const isCourseWanted = course !== undefined;
      const circumstances = { ...machine, swap, lru, nice, isCourseWanted };
      const outcome = await play(stories[story]!, subject, circumstances);
      if (!outcome) break;
      row.outcomes.push(outcome);
      report(row, outcome, options);
      if (course !== undefined) writeCourse(course, { ...row, run }, outcome);
    }
    if (row.outcomes.length > 0) rows.push(row);
  }
  if (options.json) return;
  printTable([head, ...rows.map(cells)], head.indexOf("crisis→death"));
  console.log(legend);
}

try {
  await main();
} catch (error) {
  console.error(`bench-oom: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
