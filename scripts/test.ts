/** Runs everything that proves the program right. `bun scripts/test.ts --help` lists the steps. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const BUN = process.execPath;

interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Which tests failed, and why, for whoever sees only the end of a long log. */
  readonly failures: readonly string[];
  /** Names of tests that were left out; they say why. */
  readonly skipped: readonly string[];
}

const NONE: Tally = { passed: 0, failed: 0, failures: [], skipped: [] };

interface Step {
  readonly name: string;
  readonly what: string;
  readonly command: readonly string[];
  /** A run of `bun test`, whose tests are counted one by one; else the step itself counts. */
  readonly counts?: true;
  /** The step makes no sense when this one failed. */
  readonly after?: string;
  /** Takes long, and is left out unless it is named. */
  readonly onlyNamed?: true;
}

function bunTest(timeoutS: number, ...args: readonly string[]): readonly string[] {
  return [BUN, "test", `--timeout=${timeoutS * 1000}`, ...args];
}

const NOT_UNIT = "--path-ignore-patterns=tests/{attacks,cli,vm}/**";
/** More daemons at once would start too slowly. */
const FOUR_AT_ONCE = "--max-concurrency=4";

const STEPS: readonly Step[] = [
  {
    name: "format",
    what: "all files are formatted",
    command: [BUN, "fmt", "--no-script", "--check"],
  },
  { name: "types", what: "TypeScript, strict", command: [BUN, "check", "--no-script"] },
  { name: "lint", what: "oxlint", command: [BUN, "node_modules/oxlint/bin/oxlint"] },
  { name: "dead", what: "no dead code; knip", command: [BUN, "node_modules/knip/bin/knip.js"] },
  { name: "build", what: "dist/bustd", command: [BUN, "scripts/build.ts"] },
  {
    name: "unit",
    what: "each part by itself, and against this machine's kernel",
    command: bunTest(60, "--only-failures", NOT_UNIT),
    counts: true,
  },
  {
    name: "cli",
    what: "the command line, and the executable as people and scripts call it",
    command: bunTest(60, "./tests/cli/"),
    counts: true,
    after: "build",
  },
  {
    name: "attacks",
    what: "system calls that are refused, and other attacks that need no machine",
    command: bunTest(60, FOUR_AT_ONCE, "./tests/attacks/refusals/", "./tests/attacks/here/"),
    counts: true,
    after: "build",
  },
  {
    name: "all-attacks",
    what: "every attack, in virtual machines too; half an hour; only when it is named",
    command: ["env", "BUSTD_ATTACKS=all", ...bunTest(900, FOUR_AT_ONCE, "./tests/attacks/")],
    counts: true,
    after: "build",
    onlyNamed: true,
  },
  {
    name: "vm",
    what: "the executable in virtual machines that run out of memory",
    command: bunTest(600, "./tests/vm/"),
    counts: true,
    after: "build",
  },
];

const HELP = `Usage: npm test -- [step…]
Runs these steps, or only the named ones:
${STEPS.map(({ name, what }) => `  ${name.padEnd(13)}${what}`).join("\n")}
`;

async function run(command: readonly string[]): Promise<boolean> {
  const child = Bun.spawn([...command], { cwd: ROOT, stdio: ["inherit", "inherit", "inherit"] });
  return (await child.exited) === 0;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** Text of the report, in one line. */
function plain(text: string): string {
  const characters = text.replaceAll("&#10;", " ");
  return characters
    .replaceAll(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity)
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Counts from the report that `bun test` wrote, null when there is none to trust. */
function readReport(path: string): Tally | null {
  const xml = existsSync(path) ? readFileSync(path, "utf8") : "";
  const total = /<testsuites [^>]*tests="(\d+)"[^>]*failures="(\d+)"[^>]*skipped="(\d+)"/.exec(xml);
  if (total === null) {
    return null;
  }
  const [tests = 0, failed = 0, skippedCount = 0] = total.slice(1).map(Number);
  const skipped = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)].map(
    ([, name = ""]) => plain(name),
  );
  const failures = [
    ...xml.matchAll(
      /<testcase name="([^"]*)"[^>]* file="([^"]*)"[^>]*>\s*<failure(?: [^>]*?message="([^"]*)")?/g,
    ),
  ].map(([, name = "", file = "", why = ""]) => `${file}: ${plain(name)}: ${plain(why)}`);
  return skipped.length === skippedCount
    ? { passed: tests - failed - skippedCount, failed, failures, skipped }
    : null;
}

async function runTests(command: readonly string[]): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), "bustd-test-"));
  const report = join(directory, "report.xml");
  const isGood = await run([...command, "--reporter=junit", `--reporter-outfile=${report}`]);
  const tally = readReport(report) ?? { ...NONE, failed: 1 };
  rmSync(directory, { recursive: true });
  // A file that cannot be loaded, or a crash, is in no report.
  return !isGood && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

async function runStep(step: Step): Promise<Tally> {
  if (step.counts) {
    return runTests(step.command);
  }
  const isGood = await run(step.command);
  return { ...NONE, passed: isGood ? 1 : 0, failed: isGood ? 0 : 1 };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function summary({ passed, failed, skipped }: Omit<Tally, "failures">): string {
  const rest = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  return `${passed} passed, ${failed} failed${rest}`;
}

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) {
    process.stderr.write(unknown === "--help" ? HELP : `There is no step ${unknown}.\n${HELP}`);
    return unknown === "--help" ? 0 : 2;
  }
  const steps = STEPS.filter(({ name, onlyNamed }) =>
    wanted.length === 0 ? onlyNamed === undefined : wanted.includes(name),
  );
  const broken = new Set<string>();
  const tallies: Tally[] = [];
  if (steps.some(({ name }) => ["unit", "cli", "attacks", "all-attacks", "vm"].includes(name))) {
    say("\n== tools: what the tests need of the system");
    await run([BUN, "scripts/setup-test-tools.ts"]);
  }
  for (const step of steps) {
    say(`\n== ${step.name}: ${step.what}`);
    const startedMs = performance.now();
    const isPointless = step.after !== undefined && broken.has(step.after);
    const tally = isPointless ? { ...NONE, failed: 1 } : await runStep(step);
    if (tally.failed > 0) {
      broken.add(step.name);
    }
    tallies.push(tally);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const result = isPointless ? `not run, ${step.after} failed` : summary(tally);
    say(`-- ${step.name}: ${result}, ${seconds} s`);
  }
  const skipped = tallies.flatMap((tally) => tally.skipped);
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  say("");
  for (const name of skipped) {
    say(`skipped: ${name}`);
  }
  for (const failure of tallies.flatMap(({ failures }) => failures)) {
    say(`failed: ${failure}`);
  }
  say(summary({ passed, failed, skipped }));
  return failed > 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
