/** Times `bustd victims` on a machine with many processes, which it starts and ends itself. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const usage = `Usage: bench-victims [--processes N] [--runs N] [--program PATH] [--flags TEXT]

  --processes  how many there are to be (default 2000)
  --runs       calls of each kind; the table shows median and slowest (default 15)
  --program    default: dist/bustd
  --flags      more flags for bustd, with blanks between
`;

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "2000" },
    runs: { type: "string", default: "15" },
    program: { type: "string", default: join(import.meta.dir, "../dist/bustd") },
    flags: { type: "string", default: "" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const flags = values.flags.split(" ").filter(Boolean);

function processCount(): number {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
}

function timeMs(words: readonly string[]): number {
  const startedMs = performance.now();
  const { exitCode, stderr } = Bun.spawnSync([values.program, ...words, ...flags]);
  if (exitCode !== 0) {
    throw new Error(stderr.toString());
  }
  return performance.now() - startedMs;
}

function print(words: readonly string[]): void {
  timeMs(words);
  const times = Array.from({ length: Number(values.runs) }, () => timeMs(words));
  const sorted = times.toSorted((a, b) => a - b).map((ms) => ms.toFixed(0).padStart(6));
  const middle = sorted[Math.floor(sorted.length / 2)];
  console.log(`${words.join(" ").padEnd(16)} ${middle} ms ${sorted.at(-1)} ms`);
}

if (values.help) {
  console.log(usage);
} else {
  const missing = Math.max(0, Number(values.processes) - processCount() - 1);
  // One shell leads them, so that a single signal to its group ends all.
  const script = `i=0; while [ $i -lt ${missing} ]; do sleep 1000 & i=$((i+1)); done; echo; wait`;
  const crowd = Bun.spawn(["sh", "-c", script], { detached: true, stdout: "pipe" });
  try {
    await crowd.stdout.getReader().read();
    console.log(`${processCount()} processes    median slowest`);
    ["--version", "victims", "victims --json"].forEach((words) => print(words.split(" ")));
  } finally {
    process.kill(-crowd.pid, "SIGKILL");
  }
}
