/** Months of the daemon's looks and choices in minutes: does it grow? */
import { parseArgs } from "node:util";
import { type Sample, type Soak, startSoak } from "./soak/run.ts";
import { whatGrew } from "./soak/verdict.ts";

const usage = `Usage: soak [--minutes N] [--flags TEXT] [--json]

  --minutes  how long (default 30)
  --flags    more flags for bustd, with blanks between, such as "--no-trim"
  --json     one line of JSON for each sample instead of the table

A variant of bustd that does not sleep and cannot end anybody looks and chooses victims as fast as
it can. Exit code 1 when it was larger in the last quarter than in the second one.
A crowd of processes that comes meanwhile makes it larger: "unshare -pf --mount-proc npm run soak"
is not disturbed by others.
`;

const SAMPLE_TICKS = 1000;
/** So many lines are printed. */
const LINES = 40;
const HEADER = "      looks     chosen    RSS KiB  anonymous    threads       open\n";

function line(sample: Sample): string {
  const { anonymousKib, descriptors, rssKib, selections, threads, ticks } = sample;
  const cells = [ticks, selections, rssKib, anonymousKib, threads, descriptors];
  return `${cells.map((cell) => String(cell).padStart(11)).join("")}\n`;
}

interface Course {
  readonly samples: readonly Sample[];
  readonly ended: string;
}

/** Sees the daemon through; says so when it ends before it is told to. */
async function watch(soak: Soak, minutes: number, print: (sample: Sample) => void) {
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
  const code = await soak.exited;
  return {
    samples: soak.samples(),
    ended: code === 0 ? "" : `told to end, it did so with exit code ${code}`,
  } satisfies Course;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      flags: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const print = (sample: Sample) => {
    process.stdout.write(values.json ? `${JSON.stringify(sample)}\n` : line(sample));
  };
  const flags = values.flags.split(" ").filter(Boolean);
  using soak = await startSoak({ flags, sampleTicks: SAMPLE_TICKS, endTicks: 0 });
  process.stdout.write(values.json ? "" : HEADER);
  const { ended, samples } = await watch(soak, Number(values.minutes), print);
  const problems = [...whatGrew(samples), ...(ended === "" ? [] : [ended])];
  process.stderr.write(problems.map((problem) => `soak: ${problem}\n`).join(""));
  return problems.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
