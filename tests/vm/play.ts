import { courseLines, readCourse, type CourseSample } from "./course.ts";
import { prepareLaboratory } from "./lab.ts";
import { runMachine, type Lru, type Swap } from "./machine.ts";
import { readRecord, reliefAtMs, type VmResult } from "./record.ts";
import type { LostSignal } from "./trace.ts";
import { planOf, type Story } from "./story.ts";
import { daemonLines, type Subject } from "./subjects.ts";

/** How a story went. Durations in ms; null where the one or the other never happened. */
export interface Outcome {
  result: VmResult;
  /** From the crisis to the first death of one who must or may die. */
  crisisToDeathMs: number | null;
  /** From the last death at anyone's hand to relief. */
  deathToReliefMs: number | null;
  /** Names of those who died without need, at anyone's hand. */
  bystandersKilled: string[];
  /** The bystander's longest stall. */
  longestStallMs: number;
  /** What went otherwise than the story asks; empty if all went well. */
  problems: string[];
}

/** An outcome with the whole course, empty unless it was wanted. */
export type Played = Outcome & { course: CourseSample[] };

/** Judges a result by what the story asks. */
export function judge(story: Story, result: VmResult): Outcome {
  const byDaemon = result.deaths.filter(({ by }) => by === "daemon");
  const guilty = new Set([...story.mustDie, ...(story.mayDie ?? [])]);
  const bystandersKilled = result.deaths
    .map(({ name }) => name)
    .filter((name) => !guilty.has(name));
  const problems = [
    ...story.mustDie
      .filter((name) => !byDaemon.some((death) => death.name === name))
      .map((name) => `${name} was not ended by the daemon`),
    ...bystandersKilled.map((name) => `${name} died without need`),
  ];
  if (byDaemon.length > (story.mostDeaths ?? Infinity)) {
    problems.push(`the daemon ended ${byDaemon.length} processes`);
  }
  if (story.mustDie.length > 0 && result.kernelOomKills > 0) {
    problems.push(`the kernel ended ${result.kernelOomKills}`);
  }
  const order = byDaemon.map(({ name }) => name).join(", ");
  if (story.inOrder && order !== story.mustDie.join(", ")) {
    problems.push(`the daemon ended ${order}, and not ${story.mustDie.join(", ")}`);
  }
  for (const words of story.mustSay ?? []) {
    const isSaid = result.daemon.log.some(({ text }) => words.test(text));
    if (!isSaid) problems.push(`the daemon never said ${words}`);
  }
  if (result.daemon.exit !== null) problems.push(`the daemon ended: status ${result.daemon.exit}`);
  const death = result.deaths.find(({ name }) => guilty.has(name));
  const last = result.deaths.at(-1);
  const relief = last ? reliefAtMs(result, last.atMs) : null;
  const { crisisAtMs } = result;
  return {
    result,
    crisisToDeathMs: death && crisisAtMs !== null ? death.atMs - crisisAtMs : null,
    deathToReliefMs: last && relief !== null ? relief - last.atMs : null,
    bystandersKilled,
    longestStallMs: Math.max(0, ...result.actors.map(({ longestStallMs }) => longestStallMs)),
    problems,
  };
}

const root = { uid: 0, capabilities: [] };

/** How a story is played, this time. */
export interface Circumstances {
  swap: Swap;
  /** The classic one unless told. */
  lru?: Lru;
  /** The daemon's nice value, 0 unless told. */
  nice?: number;
  /** Records the whole course. */
  isCourseWanted?: boolean;
}

/** Plays one story with one subject. Undefined: the subject cannot do what the story wishes. */
export async function play(
  story: Story,
  subject: Subject,
  { swap, lru = "classic", nice = 0, isCourseWanted = false }: Circumstances,
): Promise<Played | undefined> {
  const lines = daemonLines(subject, story.wishes ?? {}, story.rights ?? root, nice);
  if (lines === undefined) return undefined;
  const lab = prepareLaboratory(subject.passenger ? [subject.passenger] : []);
  const equipment = {
    ramMib: story.ramMib ?? 1024,
    swap,
    lru,
    kernelOptions: story.kernelOptions ?? "",
  };
  const limitMs = 60_000 + story.deadlineMs * 2;
  const plan = `${isCourseWanted ? courseLines : ""}${planOf(story, lines)}`;
  const machine = await runMachine(lab, equipment, plan, limitMs);
  if (!machine.record.includes("\nZ ")) {
    throw new Error(`the machine hung or crashed:\n${machine.console.slice(-2000)}`);
  }
  const result = readRecord(machine.record);
  const course = readCourse(machine.course, result.beginUs);
  return { ...judge(story, result), course };
}

/** Names are chosen by the actors: control characters as their code. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2).padStart(7);
}

/** The first dozen, and how many more there are. */
function firstOf(lines: string[]): string[] {
  const most = 12;
  return lines.length > most ? [...lines.slice(0, most), `(${lines.length - most} more)`] : lines;
}

function sentence({ name, pid, signal, by, signalledAtMs }: LostSignal): string {
  return `${seconds(signalledAtMs)} signal ${signal} by ${by} to ${name} (${pid})`;
}

/** The outcome in some lines, for people who must find out what went wrong. */
export function describe({ problems, result }: Outcome): string {
  const { crisisAtMs, deaths, lostSignals, daemon } = result;
  const lines = [
    firstOf(problems).join("; ") || "as asked",
    crisisAtMs === null ? "no crisis" : `${seconds(crisisAtMs)} crisis`,
    ...firstOf(deaths.map((death) => `${sentence(death)}, gone ${seconds(death.atMs)}`)),
    ...firstOf(lostSignals.map((signal) => `${sentence(signal)}, in vain`)),
    ...daemon.log.map(({ atMs, text }) => `${seconds(atMs)} daemon: ${text}`),
  ];
  return lines.map(printable).join("\n");
}
