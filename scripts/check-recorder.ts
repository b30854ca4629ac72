/** Kills in virtual machines: whether `bustd explain` tells of them what the kernel saw, and a
 * replay decides what the daemon decided. Some ten minutes. */
import { readIncident } from "../src/commands/read-incident.ts";
import type { Incident } from "../src/model/incident.ts";
import { toOptions } from "../src/cli/to-options.ts";
import { runDaemon } from "../src/daemon.ts";
import { replayLines, sweepLines } from "../src/replay/lines.ts";
import { readRecording } from "../src/replay/recording.ts";
import { replay } from "../src/replay/replay.ts";
import { deathsOf } from "../src/replay/stage.ts";
import { parseSweep, sweepOver } from "../src/replay/sweep.ts";
import { paperSurroundings } from "../tests/helpers/paper-surroundings.ts";
import { missingTools } from "../tests/vm/lab.ts";
import { recordingOf } from "../tests/vm/recording.ts";
import { stories } from "../tests/vm/stories.ts";
import { play, printable, type Played } from "../tests/vm/play.ts";
import { hogStory, idle } from "../tests/vm/stories/kit.ts";
import type { Actor, Story } from "../tests/vm/story.ts";
import { knownSubjects } from "../tests/vm/subjects.ts";

/** How far apart two clocks' ideas of the same moment may be. */
const MOST_MS = 100;
/** The daemon and the recorder do not look at the very same moments. */
const REPLAY_MS = 300;

const leak: Actor = { name: "hog", part: "leak rate=60", atMs: 1500 };
const bustd = knownSubjects().find(({ name }) => name === "bustd")!;
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

/** Plays a story while it is recorded, and has the daemon live through the recording. */
async function replayed(name: string): Promise<string[]> {
  const circumstances = { swap: "disk", clock: "instructions", nice: -20 } as const;
  const played = await play(stories[name]!, bustd, { ...circumstances, isCourseWanted: true });
  if (played === undefined) {
    return ["bustd cannot do what the story wishes"];
  }
  const occasion = { story: name, swap: "disk", lru: "classic", daemon: "bustd", run: 1 };
  const recording = readRecording(recordingOf(occasion, played));
  if (typeof recording === "string") {
    return [recording];
  }
  const options = toOptions({}, [], paperSurroundings());
  const paper = { columns: 80, isUtf8: true };
  const acts = replay(runDaemon, recording, options);
  const deaths = deathsOf(recording);
  const about = { recording, options, whose: "here" as const, acts, warnings: [], deaths };
  console.log(replayLines(about, paper).join("\n"));
  const sweep = parseSweep("mem=5..60")!;
  const free = { ...options, swap: { softPercent: 100, hardPercent: 100 } };
  const tried = sweepOver(runDaemon, recording, free, sweep);
  console.log(sweepLines(sweep, tried, recording, paper).join("\n"));
  const [death] = played.result.deaths;
  const [act] = acts;
  const isSame = act?.selection.victims[0]?.process.pid === death?.pid;
  const apartMs = Math.abs((act?.atMs ?? 0) - (death?.signalledAtMs ?? 0));
  const cutoff = tried.findIndex((one) => one.acts.length > 0);
  return [
    ...(isSame ? [] : ["the replay kills somebody else, or nobody"]),
    ...(apartMs <= REPLAY_MS ? [] : [`the replay kills ${Math.round(apartMs)} ms apart`]),
    ...(death !== undefined || cutoff > 0 ? [] : ["the sweep shows no cutoff"]),
  ];
}

const missing = missingTools();
if (missing.length > 0) {
  throw new Error(`missing: ${missing.join(", ")}; run bun scripts/setup-test-tools.ts`);
}
for (const { judge, story: told } of cases) {
  console.log(`\n== ${told.about}`);
  const played = await play(told, bustd, { swap: "none", clock: "instructions", nice: -20 });
  if (played === undefined) {
    throw new Error("bustd cannot do what the story wishes");
  }
  for (const [i, answer] of played.result.answers.entries()) {
    const words = told.asks?.[i]?.slice(1).join(" ") ?? "";
    const lines = words.includes("--json") ? ["…"] : answer.trimEnd().split("\n");
    console.log([`$ bustd ${words}`, ...lines.map(printable)].join("\n"));
  }
  const problems = judge(played);
  console.log(problems.length === 0 ? "as it should be" : `WRONG: ${problems.join("; ")}`);
  process.exitCode = problems.length === 0 ? process.exitCode : 1;
}
for (const name of ["squeeze", "copy"]) {
  console.log(`\n== the story ${name}, replayed`);
  const problems = await replayed(name);
  console.log(problems.length === 0 ? "as it should be" : `WRONG: ${problems.join("; ")}`);
  process.exitCode = problems.length === 0 ? process.exitCode : 1;
}
