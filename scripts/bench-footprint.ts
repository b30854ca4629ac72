/** Measures how small and quiet bustd is, beside earlyoom, or what else is given. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { AMPLE_PERCENT, live, mibOf, type Moment, startHog } from "./bench/life.ts";
import { runInOwnNamespace, startCrowd } from "./bench/namespace.ts";
import { activityOf, footprintOf, startDaemon } from "./bench/process.ts";
import {
  ACTING_TAKES_PERCENT,
  another,
  bustd,
  findEarlyoom,
  type State,
  STATES,
  type Subject,
} from "./bench/subjects.ts";
import { figure, median, printTable } from "./bench/table.ts";

const usage = `Usage: bench-footprint [--bustd PATH] [--with NAME=COMMAND]... [--seconds N]
                       [--runs N] [--starts N] [--minutes N] [--crowd N] [--part NAME,..] [--json]

  --bustd    default: dist/bustd
  --with     another one, such as "old=/tmp/bustd -n --dry-run -s 100 -m {m}"; {m} is the limit,
             and without it only the parts idle and starts are measured
  --seconds  how long each state is measured, after it has settled (default 30)
  --runs     of each state; the table shows medians (default 3)
  --starts   of each daemon, for the times of its start (default 20)
  --minutes  of looking ten times a second in the part life (default 2)
  --crowd    processes that do nothing, for there to be something to look at (default 100)
  --part     default: ${Object.keys(STATES).join(",")},starts,life
  --json     one line of JSON for each measurement instead of the tables

All runs in a PID namespace of its own, so that no daemon can end anybody outside.
`;

/** Longer than any of them sleeps: what the first look brings, as merging mappings, is over. */
const SETTLE_MS = 12_000;
const TRIALS = 4;
const KILLS = 2;
const NEIGHBOUR_MIB = 64;
const AS_NOBODY =
  "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all";

function readArguments() {
  const { values } = parseArgs({
    options: {
      bustd: { type: "string", default: join(import.meta.dir, "../dist/bustd") },
      with: { type: "string", multiple: true, default: [] },
      seconds: { type: "string", default: "30" },
      runs: { type: "string", default: "3" },
      starts: { type: "string", default: "20" },
      minutes: { type: "string", default: "2" },
      crowd: { type: "string", default: "100" },
      part: { type: "string", default: [...Object.keys(STATES), "starts", "life"].join(",") },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return values;
}

type Arguments = ReturnType<typeof readArguments>;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(state: State, command: readonly string[], seconds: number) {
  const daemon = startDaemon(command);
  let hog: ReturnType<typeof startHog> | null = null;
  try {
    await Bun.sleep(SETTLE_MS);
    if (state === "acting") {
      hog = startHog(mibOf(ACTING_TAKES_PERCENT));
      await Bun.sleep(SETTLE_MS);
    }
    if (daemon.hasEnded()) throw new Error(`${command.join(" ")} has ended: ${daemon.text()}`);
    const saidBefore = daemon.text();
    const before = activityOf(daemon.pid);
    await Bun.sleep(seconds * 1000);
    const after = activityOf(daemon.pid);
    const tookS = (after.atMs - before.atMs) / 1000;
    return {
      ...footprintOf(daemon.pid),
      wakeUpsPerS: (after.switches - before.switches) / tookS,
      cpuUsPerS: (after.cpuUs - before.cpuUs) / tookS,
      minorFaults: after.minorFaults - before.minorFaults,
      majorFaults: after.majorFaults - before.majorFaults,
      /** It had to act, or would have: somebody else took memory. */
      hasActed: daemon.text() !== saidBefore,
    };
  } finally {
    hog?.kill("SIGKILL");
    await hog?.exited;
    await daemon.end();
  }
}

type Measured = Awaited<ReturnType<typeof measure>>;

/** Measures once more when somebody else took so much memory that the state became another one. */
async function measureCalm(subject: Subject, state: State, options: Arguments) {
  for (let left = TRIALS; ; left--) {
    const command = subject.command(state);
    if (command === undefined) return null;
    const measured = await measure(state, command, Number(options.seconds));
    if (state === "acting" || !measured.hasActed) return { command, measured };
    if (left === 1) throw new Error("others take and free too much memory for measuring");
    say("  memory was taken meanwhile: once more");
  }
}

const COLUMNS: readonly (readonly [
  head: string,
  key: Exclude<keyof Measured, "hasActed">,
  decimals: number,
])[] = [
  ["RSS KiB", "rssKib", 0],
  ["PSS", "pssKib", 0],
  ["anon", "anonKib", 0],
  ["file", "fileKib", 0],
  ["locked", "lockedKib", 0],
  ["threads", "threads", 0],
  ["wake-ups/s", "wakeUpsPerS", 2],
  ["CPU µs/s", "cpuUsPerS", 0],
  ["minor faults", "minorFaults", 0],
  ["major", "majorFaults", 0],
];

function shown(command: readonly string[]): string {
  return command.join(" ").replaceAll(`${resolve(import.meta.dir, "..")}/`, "");
}

/** All runs of a state, the daemons in turn: a host that slows down does so for all of them. */
async function measureState(state: State, subjects: readonly Subject[], options: Arguments) {
  const results = subjects.map(({ name }) => ({ name, command: "", runs: [] as Measured[] }));
  for (let run = 1; run <= Number(options.runs); run++) {
    for (const [index, subject] of subjects.entries()) {
      say(`${state}, ${subject.name}, run ${run}`);
      const result = await measureCalm(subject, state, options);
      const of = results[index];
      if (result === null || of === undefined) continue;
      const { command, measured } = result;
      of.command ||= shown(command);
      of.runs.push(measured);
      const line = { state, daemon: subject.name, command, ...measured };
      if (options.json) console.log(JSON.stringify(line));
    }
  }
  if (options.json) return;
  const measured = results.filter(({ runs }) => runs.length > 0);
  const commands = measured.map(({ name, command }) => `  ${name}: ${command}\n`).join("");
  console.log(`\n${state}: ${STATES[state]}\n${commands}`);
  const lines = measured.map(({ name, runs }) => [
    name,
    ...COLUMNS.map(([, key, decimals]) => figure(median(runs.map((run) => run[key])), decimals)),
  ]);
  printTable([["", ...COLUMNS.map(([head]) => head)], ...lines]);
}

/**
 * Times from outside: from just before the executable is started until its line comes out of the
 * pipe. bustd writes the line that holds its first reading when it has read, and the one about
 * locked pages when trimming and locking are done; earlyoom writes its first reading.
 */
async function measureStarts(subjects: readonly Subject[], options: Arguments) {
  const lines = [["", "first reading ms", "slowest", "trimmed and locked ms", "slowest"]];
  for (const { name, command, firstReading, settled } of subjects) {
    say(`starts, ${name}`);
    const firstMs: (number | null)[] = [];
    const settledMs: (number | null)[] = [];
    const words = command("idle") ?? [];
    for (let start = 0; start < Number(options.starts); start++) {
      const daemon = startDaemon(words);
      firstMs.push(await daemon.saidAfterMs(firstReading));
      settledMs.push(settled === undefined ? null : await daemon.saidAfterMs(settled));
      await daemon.end();
    }
    if (options.json) {
      console.log(
        JSON.stringify({ state: "starts", daemon: name, command: words, firstMs, settledMs }),
      );
    }
    const times = [firstMs, settledMs].flatMap((all) => {
      const known = all.filter((ms) => ms !== null);
      return [median(all), known.length === all.length ? Math.max(...known) : null];
    });
    lines.push([name, ...times.map((ms) => figure(ms, 1))]);
  }
  if (options.json) return;
  console.log(`\nstarts: medians of ${options.starts}\n`);
  printTable(lines);
}

function canRun(command: readonly string[]): boolean {
  return Bun.which(command[0] ?? "") !== null && Bun.spawnSync([...command]).success;
}

async function measureLife(program: string, config: string, options: Arguments) {
  const plan = {
    command: [resolve(program), "-n", "--pid-file=none", `--config=${config}`],
    idleS: Number(options.seconds),
    lookingS: Number(options.minutes) * 60,
    kills: KILLS,
  };
  const moments: Moment[] = [];
  for (const [name, as] of [
    ["as it is started", []],
    ["as nobody", AS_NOBODY.split(" ")],
  ] as const) {
    if (as.length > 0 && !canRun([...as, "true"])) {
      say(`life, ${name}: left out, only root can start it so, and with setpriv of util-linux`);
      continue;
    }
    say(`life, ${name}`);
    moments.push(...(await live({ ...plan, name, as })));
  }
  if (options.json) {
    for (const moment of moments) console.log(JSON.stringify({ state: "life", ...moment }));
    return;
  }
  console.log(
    `\nlife: ${shown(plan.command)} -s 100 -m SOFT,HARD; SOFT is half of what is available ` +
      `less ${AMPLE_PERCENT} %, HARD half of it, and it ends hogs; faults since the row above\n`,
  );
  const head = ["", "", "RSS KiB", "anon", "file", "locked", "threads", "minor faults", "major"];
  const rows = moments.map((row) => [
    row.daemon,
    row.moment,
    ...[row.rssKib, row.anonKib, row.fileKib, row.lockedKib].map((kib) => figure(kib)),
    ...[row.threads, row.minorFaults, row.majorFaults].map((count) => figure(count)),
  ]);
  printTable([head, ...rows], 2);
}

async function main(options: Arguments): Promise<void> {
  if (!existsSync(options.bustd)) {
    throw new Error(`${options.bustd} does not exist; npm run build makes dist/bustd`);
  }
  const folder = mkdtempSync(join(tmpdir(), "bench-footprint-"));
  chmodSync(folder, 0o755);
  const config = join(folder, "empty.toml");
  writeFileSync(config, "");
  const crowd = await startCrowd(Number(options.crowd));
  // Larger than earlyoom, which waits for a second when it finds nobody who is.
  const neighbour = startHog(NEIGHBOUR_MIB);
  try {
    const rival = findEarlyoom();
    if (!rival) say("earlyoom is not there; bun scripts/setup-test-tools.ts --rivals gets it");
    const subjects = [bustd(options.bustd, config), ...(rival ? [rival] : [])];
    subjects.push(...options.with.map(another));
    for (const part of options.part.split(",")) {
      if (part === "starts") await measureStarts(subjects, options);
      else if (part === "life") await measureLife(options.bustd, config, options);
      else if (part in STATES) await measureState(part as State, subjects, options);
      else throw new Error(`there is no part ${JSON.stringify(part)}; see --help`);
    }
  } finally {
    neighbour.kill("SIGKILL");
    await crowd.stop();
    rmSync(folder, { recursive: true });
  }
}

try {
  const options = readArguments();
  if (options.help) {
    console.log(usage);
  } else {
    const exitCode = await runInOwnNamespace();
    if (exitCode === null) await main(options);
    // All that was started in the namespace ends with this process.
    process.exit(exitCode ?? 0);
  }
} catch (error) {
  console.error(`bench-footprint: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
