/** Months of the daemon's looks and choices in minutes, or thousands of kills: does it grow? */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runInOwnNamespace, startCrowd } from "./bench/namespace.ts";
import { openHogs } from "./soak/hogs.ts";
import { type Sample, type Soak, startSoak } from "./soak/run.ts";
import { whatGrew } from "./soak/verdict.ts";

const usage = `Usage: soak [--minutes N | --looks N] [--flags TEXT] [--json]

  --minutes  how long (default 30)
  --looks    until there were so many looks, however long that takes
  --flags    more flags for bustd, with blanks between, such as "--no-trim"
  --json     one line of JSON for each sample instead of the table

A variant of bustd that does not sleep and cannot kill anybody looks and chooses victims as fast as
it can, in a PID namespace of its own with processes that stay, and some that come and go. Exit code
1 when it was larger in the last quarter than in the second one.
`;

const SAMPLE_TICKS = 500;
/** So many lines are printed. */
const LINES = 40;
const HEADER = "      looks     chosen    RSS KiB  anonymous    threads       open\n";

/** What the daemon finds: many small ones, some that are worth a kill, and a come and go. */
const CROWD = 200;
const LARGE_MIB = [20, 24, 28];
const COME_AND_GO = "while :; do sh -c :; done";

function line(sample: Sample): string {
  const { anonymousKib, descriptors, rssKib, selections, threads, ticks } = sample;
  const cells = [ticks, selections, rssKib, anonymousKib, threads, descriptors];
  return `${cells.map((cell) => String(cell).padStart(11)).join("")}\n`;
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
      flags: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }).values;
}

/** Exit code; everybody whom it starts ends with this process. */
async function run(values: ReturnType<typeof readArguments>, directory: string) {
  const print = (sample: Sample) => {
    process.stdout.write(values.json ? `${JSON.stringify(sample)}\n` : line(sample));
  };
  await startCrowd(CROWD);
  const hogs = openHogs(directory);
  for (const mib of LARGE_MIB) {
    hogs.start(mib);
  }
  Bun.spawn(["sh", "-c", COME_AND_GO], { stdio: ["ignore", "ignore", "ignore"] });
  const endTicks = Number(values.looks);
  const flags = values.flags.split(" ").filter(Boolean);
  using daemon = await startSoak({ flags, sampleTicks: SAMPLE_TICKS, endTicks });
  process.stdout.write(values.json ? "" : HEADER);
  const { ended, samples } = await (endTicks > 0
    ? watchLooks(daemon, print)
    : watch(daemon, Number(values.minutes), print));
  const problems = [...whatGrew(samples), ...(ended === "" ? [] : [ended])];
  process.stderr.write(problems.map((problem) => `soak: ${problem}\n`).join(""));
  return problems.length > 0 ? 1 : 0;
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
    return await run(values, directory);
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
