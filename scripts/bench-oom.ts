/** Plays the stories of tests/vm with several daemons in the same virtual machine and prints what
 * became of it. See tests/vm/README.md. */
import { parseArgs } from "node:util";
import { missingTools } from "../tests/vm/lab.ts";
import { lrus, swaps, type Lru, type Swap } from "../tests/vm/machine.ts";
import { describe, play, printable, type Outcome, type Played } from "../tests/vm/play.ts";
import { writeCourse } from "./bench/course.ts";
import { stories } from "../tests/vm/stories.ts";
import { bustdLike, knownSubjects, type Subject } from "../tests/vm/subjects.ts";

const usage = `Usage: bench-oom [--story NAME,..] [--swap none,disk,zram] [--daemon NAME,..]
                 [--lru classic,mglru] [--runs N] [--nice=N] [--with NAME=COMMAND]...
                 [--course FOLDER] [--json] [--log]

  --story   default: leak,squeeze,newcomer; "all" plays every story
  --swap    default: every swap that a story is told with
  --daemon  bustd, earlyoom, nohang, kernel, and names given by --with; default: all there are
  --with    another build or other options, such as --with "lazy=dist/bustd -n -p 40"
  --lru     how the kernel finds pages to evict: classic, mglru or both (default classic)
  --runs    machines per row; the table shows medians (default 1)
  --nice=N  start the daemons with this nice value, as a unit may do (default 0)
  --course  write the whole course of each story to FOLDER/STORY-SWAP-LRU-DAEMON-N.jsonl: the
            machine, and then memory, pressure and all processes every 100 ms
  --json    one line of JSON for each machine instead of the table
  --log     print what happened when, and each daemon's log

Stories:
${Object.entries(stories)
  .map(([name, { about, swaps: told }]) => `  ${name.padEnd(16)}${about} (${told.join(", ")})`)
  .join("\n")}
`;

interface Row {
  story: string;
  swap: Swap;
  lru: Lru;
  daemon: string;
  outcomes: Outcome[];
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      story: { type: "string", default: "leak,squeeze,newcomer" },
      swap: { type: "string", default: swaps.join(",") },
      daemon: { type: "string", default: "" },
      lru: { type: "string", default: "classic" },
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
  for (const name of named) {
    if (!stories[name]) throw new Error(`there is no story ${JSON.stringify(name)}; see --help`);
  }
  return {
    ...values,
    stories: named,
    swaps: values.swap.split(","),
    lrus: lrus.filter((lru) => values.lru.split(",").includes(lru)),
    runs: Number(values.runs),
    nice: Number(values.nice),
  };
}

function chooseSubjects(names: string, extra: string[]): Subject[] {
  const others = extra.map((text) => {
    const [name = "", ...command] = text.split("=");
    return bustdLike(name, command.join("="));
  });
  const all = [...knownSubjects(), ...others];
  if (!names) return all.filter((subject) => !subject.missing);
  return names.split(",").map((name) => {
    const subject = all.find((one) => one.name === name);
    if (!subject) throw new Error(`there is no daemon ${JSON.stringify(name)}; see --help`);
    if (subject.missing) throw new Error(`${name}: ${subject.missing}`);
    return subject;
  });
}

function median(values: (number | null)[]): string {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)];
  return middle === undefined || known.length * 2 <= values.length ? "never" : seconds(middle);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 9950 ? 2 : 1);
}

/** "2 hog by daemon", the most telling first; several lines of a group become one. */
function tally(texts: string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const parts = [...counts].map(([text, count]) => (count > 1 ? `${count} ${text}` : text));
  return parts.join(", ") || "-";
}

function cells({ story, swap, lru, daemon, outcomes }: Row): string[] {
  const runs = outcomes.length;
  const whoDied = outcomes.map(({ result }) =>
    tally(result.deaths.map((d) => `${d.name} by ${d.by}`)),
  );
  const problems = outcomes.filter((outcome) => outcome.problems.length === 0).length;
  const rate = (count: number) => (count === 0 ? "0" : String(Number((count / runs).toFixed(1))));
  return [
    story,
    swap,
    lru,
    daemon,
    printable([...new Set(whoDied)].join(" | ")),
    median(outcomes.map(({ crisisToDeathMs }) => crisisToDeathMs)),
    median(outcomes.map(({ deathToReliefMs }) => deathToReliefMs)),
    median(outcomes.map(({ result }) => result.stallUs / 1000)),
    median(outcomes.map(({ longestStallMs }) => longestStallMs)),
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

function printTable(rows: Row[]): void {
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
  }
  console.log(
    "\nSeconds, medians. stall: PSI some over the story; longest: the bystander's longest.",
  );
}

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

function plannedRows(options: ReturnType<typeof readArguments>): (Row & { subject: Subject })[] {
  const subjects = chooseSubjects(options.daemon, options.with);
  return options.stories.flatMap((story) =>
    stories[story]!.swaps.filter((one) => options.swaps.includes(one)).flatMap((swap) =>
      options.lrus.flatMap((lru) =>
        subjects.map((subject) => ({
          ...{ story, swap, lru, subject, daemon: subject.name },
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
      const { nice, course } = options;
      const isCourseWanted = course !== undefined;
      const circumstances = { swap, lru, nice, isCourseWanted };
      const outcome = await play(stories[story]!, subject, circumstances);
      if (!outcome) break;
      row.outcomes.push(outcome);
      report(row, outcome, options);
      if (course !== undefined) writeCourse(course, { ...row, run }, outcome);
    }
    if (row.outcomes.length > 0) rows.push(row);
  }
  if (!options.json) printTable(rows);
}

try {
  await main();
} catch (error) {
  console.error(`bench-oom: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
