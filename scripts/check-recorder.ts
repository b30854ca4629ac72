/** Kills in virtual machines, and whether `bustd explain` tells of them what the kernel saw. */
import { readIncident } from "../src/commands/incident-schema.ts";
import type { Incident } from "../src/model/incident.ts";
import { missingTools } from "../tests/vm/lab.ts";
import { play, printable, type Played } from "../tests/vm/play.ts";
import { hogStory, idle } from "../tests/vm/stories/kit.ts";
import type { Actor, Story } from "../tests/vm/story.ts";
import { knownSubjects } from "../tests/vm/subjects.ts";

/** How far apart two clocks' ideas of the same moment may be. */
const MOST_MS = 100;

const leak: Actor = { name: "hog", part: "leak rate=60", atMs: 1500 };
const BUSTD = "/bin/bustd";
const asks = [
  [BUSTD, "explain", "last"],
  [BUSTD, "explain", "last", "--json"],
  [BUSTD, "incidents"],
  [BUSTD, "status"],
];

function story(about: string, more: Partial<Story> = {}, ...others: readonly Actor[]): Story {
  return hogStory(about, ["none"], [idle, leak, ...others], { asks, tailMs: 9000, ...more });
}

interface Case {
  readonly story: Story;
  /** What is otherwise than it should be, in sentences. */
  readonly judge: (played: Played) => string[];
}

function incidentIn(answer: string | undefined): Incident | string {
  const read = readIncident(answer ?? "");
  return "problem" in read ? `explain --json: ${read.problem}` : read.incident;
}

/** Holds what is told of a kill against what the kernel's tracepoints told. */
function againstTrace({ result }: Played): string[] {
  const { answers, beginUs, beginWallMs, deaths } = result;
  const [death] = deaths;
  const incident = incidentIn(answers[1]);
  if (death === undefined || typeof incident === "string") {
    return [String(death === undefined ? "nobody died" : incident)];
  }
  const { atMs, outcome, selection, verdict, wallMs } = incident;
  const told = answers[0] ?? "";
  const clocks: [string, number, number][] = [
    ["the signal (monotonic)", atMs, beginUs / 1000 + death.signalledAtMs],
    ["the signal (wall clock)", wallMs, beginWallMs + death.signalledAtMs],
    ["from the signal to the end", outcome?.goneMs ?? -1, death.atMs - death.signalledAtMs],
  ];
  const facts: [string, boolean][] = [
    ["the victim", selection?.victims[0]?.pid === death.pid && told.includes(`${death.pid}`)],
    ["the rule", verdict !== null && told.includes(verdict.rule)],
    ["the measured value and its limit", /\d %[^.]*limit/.test(told)],
    ["the second candidate", selection?.next?.comm === "idle" && told.includes("idle")],
  ];
  for (const [name, ours, theirs] of clocks) {
    console.log(`  ${name}: told ${ours.toFixed(1)} ms, traced ${theirs.toFixed(1)} ms`);
  }
  return [
    ...facts.filter(([, holds]) => !holds).map(([name]) => `${name} is not told`),
    ...clocks
      .filter(([, ours, theirs]) => Math.abs(ours - theirs) > MOST_MS)
      .map(([name]) => `${name} is told otherwise than the kernel saw it`),
  ];
}

const cases: readonly Case[] = [
  { story: story("a kill"), judge: againstTrace },
  {
    story: story(
      "a kill, and a second later the daemon is killed",
      {},
      { name: "slayer", part: "slay", after: "hog", atMs: 1000 },
    ),
    judge: (played) => [
      ...againstTrace(played),
      ...(played.result.daemon.exit === null ? ["the daemon was not killed"] : []),
    ],
  },
  {
    story: story("a kill where the disk is full", { full: ["/var/lib/bustd"] }),
    judge: ({ result: { answers, daemon, deaths } }) => [
      ...(deaths[0]?.by === "daemon" ? [] : ["the daemon killed nobody"]),
      ...(daemon.exit === null ? [] : ["the daemon ended"]),
      ...(/no space is left/.test(answers[3] ?? "") ? [] : ["status does not tell of the loss"]),
    ],
  },
  {
    story: story("a kill by the kernel, in a dry run", {
      wishes: { dryRun: true },
      asks: [
        [BUSTD, "explain", "last"],
        [BUSTD, "incidents"],
      ],
    }),
    judge: ({ result: { answers, deaths } }) => [
      ...(deaths[0]?.by === "kernel" ? [] : ["the kernel killed nobody"]),
      ...(/The kernel itself killed 1 process/.test(answers[0] ?? "")
        ? []
        : ["explain does not say so"]),
      ...(/hog/.test(answers[0] ?? "") ? [] : ["explain does not name the victim"]),
    ],
  },
];

const missing = missingTools();
if (missing.length > 0) {
  throw new Error(`missing: ${missing.join(", ")}; run bun scripts/setup-test-tools.ts`);
}
const bustd = knownSubjects().find(({ name }) => name === "bustd")!;
for (const { judge, story: told } of cases) {
  console.log(`\n== ${told.about}`);
  const played = await play(told, bustd, { swap: "none", clock: "instructions", nice: -20 });
  if (played === undefined) {
    throw new Error("bustd cannot do what the story wishes");
  }
  for (const [i, answer] of played.result.answers.entries()) {
    const words = told.asks?.[i]?.slice(1).join(" ") ?? "";
    console.log(
      `$ bustd ${words}\n${words.includes("--json") ? "…" : printable(answer.trim().replaceAll("\n", "\x00")).replaceAll("\\x0", "\n")}`,
    );
  }
  const problems = judge(played);
  console.log(problems.length === 0 ? "as it should be" : `WRONG: ${problems.join("; ")}`);
  process.exitCode = problems.length === 0 ? process.exitCode : 1;
}
