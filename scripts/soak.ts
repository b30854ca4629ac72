/** Months of the daemon's looks and choices in minutes, or thousands of kills: does it grow? */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runInOwnNamespace, startCrowd } from "./bench/namespace.ts";
import { openHogs } from "./soak/hogs.ts";
import { haveKilled, type KillSample } from "./soak/kills.ts";
import { type Sample, type Soak, startSoak } from "./soak/run.ts";
import { KILLING, LOOKING, whatGrew, worstOf } from "./soak/verdict.ts";

const usage = `Usage: soak [--minutes N | --looks N | --kills N] [--flags TEXT] [--json]

  --minutes  how long (default 30)
  --looks    until there were so many looks, however long that takes
  --kills    until so many processes were killed: 4,000 take about a quarter of an hour
  --flags    more flags for bustd, with blanks between, such as "--no-trim"
  --json     one line of JSON for each sample instead of the table

A variant of bustd that does not sleep and cannot kill anybody looks and chooses victims as fast as
it can, among processes that stay, and some that come and go. With --kills dist/bustd itself really
kills: programs that hold memory, started one or several at a time, some of which ignore SIGTERM,
and bursts of forks. Either in a PID namespace of its own, so that nobody else is seen or killed.
Exit code 1 when it was larger in the last quarter than in the second one.
`;

const SAMPLE_TICKS = 500;
/** So many lines are printed. */
const LINES = 40;
const HEADER = "      looks     chosen    RSS KiB  anonymous    threads       open\n";
const KILLS_HEADER = "      kills    RSS KiB  anonymous    threads       open   mappings\n";
const EXECUTABLE = join(import.meta.dir, "../dist/bustd");

/** What the daemon finds: many small ones, some that are worth a kill, and a come and go. */
const CROWD = 200;
const LARGE_MIB = [20, 24, 28];
const COME_AND_GO = "while :; do sh -c :; done";

function row(cells: readonly number[]): string {
  return `${cells.map((cell) => String(cell).padStart(11)).join("")}\n`;
}

function line(sample: Sample): string {
  const { anonymousKib, descriptors, rssKib, selections, threads, ticks } = sample;
  return row([ticks, selections, rssKib, anonymousKib, threads, descriptors]);
}

/** A quarter of the kills, or the start: the most memory, and the least of what comes and goes. */
function killLine(samples: readonly KillSample[]): string {
  const worst = worstOf(samples, KILLING);
  const { anonymousKib, descriptors, mappings, rssKib, threads } = worst;
  const kills = samples.at(-1)?.kills ?? 0;
  return row([kills, rssKib, anonymousKib, threads, descriptors, mappings]);
}

interface Course {
  readonly samples: readonly Sample[];
  readonly ended: string;
}

type Print = (sample: Sample) => void;

/** Sees the daemon through; says so when it ends before it is told to. */
async function watch(soak: Soak, minutes: number, print: Print): Promise<Course> {
  const pauseMs = (minutes * 60_000) / LINES;
  for (let i = 0; i < LINES; i++) {
    const code = await Promise.race([soak.exited, Bun.sleep(pauseMs).then(() => null)]);
    const sample = soak.samples().at(-1);
    if (code !== null) {
      throw new Error(`the daemon ended by itself, with exit code ${code}`);
    }
    if (sample !== undefined) {
      print(sample);
    }
  }
  soak.stop();
  return theEnd(soak);
}

/** Waits for its end. */
async function theEnd(soak: Soak): Promise<Course> {
  const code = await soak.exited;
  const ended = code === 0 ? "" : `told to end, it did so with exit code ${code}`;
  return { samples: soak.samples(), ended };
}

/** Waits for all its looks. */
async function watchLooks(soak: Soak, print: Print): Promise<Course> {
  const course = await theEnd(soak);
  const step = Math.max(1, Math.floor(course.samples.length / LINES));
  for (const [index, sample] of course.samples.entries()) {
    if ((index + 1) % step === 0) {
      print(sample);
    }
  }
  return course;
}

function readArguments() {
  return parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      looks: { type: "string", default: "0" },
      kills: { type: "string", default: "0" },
      flags: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }).values;
}

type Arguments = ReturnType<typeof readArguments>;

/** What was wrong, in a sentence each. Whoever is started here ends with the namespace. */
async function soakLooks({ flags, json, looks, minutes }: Arguments, directory: string) {
  const print = (sample: Sample) => {
    process.stdout.write(json ? `${JSON.stringify(sample)}\n` : line(sample));
  };
  await startCrowd(CROWD);
  const hogs = openHogs(directory);
  for (const mib of LARGE_MIB) {
    hogs.start(mib);
  }
  Bun.spawn(["sh", "-c", COME_AND_GO], { stdio: ["ignore", "ignore", "ignore"] });
  const endTicks = Number(looks);
  const plan = { flags: wordsOf(flags), sampleTicks: SAMPLE_TICKS, endTicks };
  using daemon = await startSoak(plan);
  process.stdout.write(json ? "" : HEADER);
  const { ended, samples } = await (endTicks > 0
    ? watchLooks(daemon, print)
    : watch(daemon, Number(minutes), print));
  return [...whatGrew(samples, LOOKING), ...(ended === "" ? [] : [ended])];
}

function wordsOf(text: string): string[] {
  return text.split(" ").filter(Boolean);
}

/** The same with real kills. */
async function soakKills({ flags, json, kills }: Arguments, directory: string) {
  if (!existsSync(EXECUTABLE)) {
    throw new Error("npm run build makes dist/bustd, which does not exist");
  }
  const all: KillSample[] = [];
  let quarter: KillSample[] = [];
  let printAt = 0;
  const note = (sample: KillSample) => {
    all.push(sample);
    quarter.push(sample);
    if (json) {
      process.stdout.write(`${JSON.stringify(sample)}\n`);
    } else if (sample.kills >= printAt) {
      process.stdout.write(killLine(quarter));
      quarter = [];
      printAt += Number(kills) / 4;
    }
  };
  process.stdout.write(json ? "" : KILLS_HEADER);
  const plan = { executable: EXECUTABLE, flags: wordsOf(flags), kills: Number(kills), directory };
  await haveKilled(plan, note);
  return whatGrew(all, KILLING);
}

async function main(): Promise<number> {
  const values = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const exitCode = await runInOwnNamespace();
  if (exitCode !== null) {
    return exitCode;
  }
  const directory = mkdtempSync(join(tmpdir(), "bustd-soak-"));
  try {
    const soak = Number(values.kills) > 0 ? soakKills : soakLooks;
    const problems = await soak(values, directory);
    process.stderr.write(problems.map((problem) => `soak: ${problem}\n`).join(""));
    return problems.length > 0 ? 1 : 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
