/** Times the scan that chooses a victim, beside a C program that makes the same reads. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { needsOf } from "../src/policy/matching.ts";
import { ENGINE } from "../src/sys/self.ts";
import { optionsOf } from "../tests/helpers/options-of.ts";
import { compile } from "./compile.ts";

const usage = `Usage: bench-scan [--processes N,..] [--scans N] [--json]

  --processes  how many are started for each line of the table (default 100,1000,5000)
  --scans      of each kind; the table shows the shortest and the middle one (default 300)
  --json       one line of JSON for each line of the table instead

Blind is the longest time between two looks at memory. Of newborn: a scan of a crowd that started
since sizes were noted, each of which is read closely. For 50,000 processes the kernel needs a
higher kernel.pid_max than the usual 32768, and minutes to start and end them: --scans 10 will do.
As root the processes have a PID namespace of their own; else they add to what runs.
`;

const SOURCES = join(import.meta.dir, "bench-scan");
const IN_OWN_NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

interface Timing {
  readonly processes: number;
  readonly minUs: number;
  readonly medianUs: number;
  readonly anonymousBeforeKib: number;
  readonly anonymousAfterKib: number;
}

interface ScanTiming extends Timing {
  readonly candidates: number;
  readonly noteMinUs: number;
  readonly noteMedianUs: number;
  readonly blindUs: number;
  readonly noteBlindUs: number;
  readonly newbornMedianUs: number;
  readonly newbornBlindUs: number;
  readonly anonymousNotedKib: number;
}

function readArguments() {
  return parseArgs({
    options: {
      processes: { type: "string", default: "100,1000,5000" },
      scans: { type: "string", default: "300" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }).values;
}

function run(command: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
  if (exitCode !== 0) {
    throw new Error(`${command[0]} failed: ${stderr.toString().trim()}`);
  }
  return stdout.toString();
}

/** What a shell says that is the parent of so many that do nothing: a line for each command. */
function inCrowd(directory: string, processes: number, commands: string): unknown[] {
  const own = process.geteuid?.() === 0 ? IN_OWN_NAMESPACE : [];
  const crowd = [...own, join(directory, "crowd"), String(processes)];
  const lines = run([...crowd, "/bin/sh", "-ec", commands], { ...ENGINE, IN: directory });
  return lines
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

const HEADER = `\
                               scan        scan in C  ratio     noting sizes  of newborn   \
longest blind of        KiB:
processes  candidates     min median     min  median             min  median      median  \
  scan   notes newborn  start, noted, scanned
`;

function ms(us: number, width: number): string {
  return (us / 1000).toFixed(2).padStart(width);
}

function row(bustd: ScanTiming, c: Timing): string {
  return [
    String(bustd.processes).padStart(9),
    String(bustd.candidates).padStart(10),
    `${ms(bustd.minUs, 6)} ${ms(bustd.medianUs, 6)}`,
    `${ms(c.minUs, 6)} ${ms(c.medianUs, 6)}`,
    (bustd.medianUs / c.medianUs).toFixed(1).padStart(6),
    `${ms(bustd.noteMinUs, 7)} ${ms(bustd.noteMedianUs, 7)}`,
    ms(bustd.newbornMedianUs, 10),
    `${ms(bustd.blindUs, 6)} ${ms(bustd.noteBlindUs, 7)} ${ms(bustd.newbornBlindUs, 7)}`,
    `${bustd.anonymousBeforeKib}, ${bustd.anonymousNotedKib}, ${bustd.anonymousAfterKib}`,
  ].join("  ");
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args.help) {
    return void process.stdout.write(usage);
  }
  const directory = mkdtempSync(join(tmpdir(), "bustd-bench-scan-"));
  try {
    for (const name of ["crowd", "scan"]) {
      run(["cc", "-O2", "-o", join(directory, name), join(SOURCES, `${name}.c`)]);
    }
    await compile(join(SOURCES, "main.ts"), join(directory, "bustd-scan"));
    const needs = JSON.stringify(needsOf(await optionsOf([])));
    if (!args.json) {
      process.stdout.write(`Milliseconds, ${args.scans} scans\n${HEADER}`);
    }
    for (const text of args.processes.split(",")) {
      const commands = `"$IN/scan" ${args.scans}; "$IN/bustd-scan" ${args.scans} '${needs}'`;
      const [c, bustd] = inCrowd(directory, Number(text), commands) as [Timing, ScanTiming];
      const line = args.json ? JSON.stringify({ bustd, c }) : row(bustd, c);
      process.stdout.write(`${line}\n`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench-scan: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
