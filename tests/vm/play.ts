import { courseLines, readCourse, type CourseSample } from "./course.ts";
import { judge, type Outcome } from "./judge.ts";
import { prepareLaboratory } from "./lab.ts";
import { runMachine, usualEquipment, type Equipment } from "./machine.ts";
import { readRecord } from "./record.ts";
import type { LostSignal } from "./trace.ts";
import { planOf, type Story } from "./story.ts";
import { daemonLines, type Subject } from "./subjects.ts";

/** An outcome with the whole course, empty unless it was wanted. */
export type Played = Outcome & { course: CourseSample[] };

const root = { uid: 0, capabilities: [] };

/** How a story is played, this time: what its machine is equipped with, and */
export interface Circumstances extends Partial<Equipment> {
  /** the daemon's nice value, 0 unless told. */
  nice?: number;
  /** Records the whole course. */
  isCourseWanted?: boolean;
}

/** Plays one story with one subject. Undefined: the subject cannot do what the story wishes. */
export async function play(
  story: Story,
  subject: Subject,
  { nice = 0, isCourseWanted = false, ...circumstances }: Circumstances,
): Promise<Played | undefined> {
  const lines = daemonLines(subject, story.wishes ?? {}, story.rights ?? root, nice);
  if (lines === undefined) return undefined;
  const lab = prepareLaboratory(subject.passenger ? [subject.passenger] : []);
  const equipment = { ...usualEquipment, ...story.machine, ...circumstances };
  // A clock that counts instructions goes slower than the host's.
  const isHostsClock = equipment.clock === "host";
  const limitMs = isHostsClock ? 200_000 + story.deadlineMs * 2 : 300_000 + story.deadlineMs * 15;
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
