import type { Options } from "../model/options.ts";
import type { Candidate } from "../model/selection.ts";
import { escapeName } from "../report/escape.ts";
import { sentenceOf } from "../report/sentences.ts";
import { countText, seconds, sizeText, spanText } from "../report/units.ts";
import { wrapped } from "../report/wrap.ts";
import { type Cell, cellsOf } from "./course.ts";
import type { Recording } from "./recording.ts";
import type { Act, Warning } from "./replay.ts";
import { type Death, sizeOf, Stage } from "./stage.ts";
import type { Sweep, Tried } from "./sweep.ts";

/** How it may be drawn. */
export interface Paper {
  readonly columns: number;
  readonly isUtf8: boolean;
}

/** What came of a replay. */
export interface Replayed {
  readonly recording: Recording;
  readonly deaths: readonly Death[];
  readonly options: Options;
  /** Whose settings these are: of files and flags here, or of the incident's daemon. */
  readonly whose: "here" | "incident" | "changed";
  readonly acts: readonly Act[];
  /** None where the options do not ask for them. */
  readonly warnings: readonly Warning[];
}

type Told = Pick<Replayed, "recording" | "options" | "whose">;

const WIDEST = 100;
const TIME = 10;

/** When, at most ten columns: `12.40 s`. */
function when(ms: number): string {
  return (ms < 600_000 ? seconds(ms) : spanText(ms)).padStart(TIME - 2);
}

/** What it is a recording of. */
function recordingLine(recording: Recording): string {
  const { header, isCut, lastAtMs, moments } = recording;
  const { meminfo } = new Stage(recording);
  const swapKib = meminfo["SwapTotal"] ?? 0;
  const about = header.about === undefined ? "" : `${escapeName(header.about)}; `;
  const cut = isCut ? "; its last line is cut and left out" : "";
  return (
    `${about}${spanText(lastAtMs)}, ${countText(moments, "look", "looks")}, ` +
    `Linux ${escapeName(header.kernel)}, ${sizeText(meminfo["MemTotal"] ?? 0)} of RAM, ` +
    `${swapKib > 0 ? `${sizeText(swapKib)} of` : "no"} swap${cut}`
  );
}

function limitText(percent: number, kib: number | undefined): string {
  const share = percent < 100 ? [`${percent} %`] : [];
  return kib === undefined ? `${percent} %` : [...share, sizeText(kib)].join(" or ");
}

function both({ hardKib, hardPercent, softKib, softPercent }: Options["mem"]): string {
  return `${limitText(softPercent, softKib)} and ${limitText(hardPercent, hardKib)}`;
}

const WHOSE: Readonly<Record<Replayed["whose"], string>> = {
  here: "of flags and files here",
  incident: "as they were then",
  changed: "as they were then, but for what is typed here",
};

function optionsLine({ options, whose }: Told): string {
  const { mem, psiPercent, swap, warn, when: conditions } = options;
  const values =
    conditions === null
      ? `psi ${psiPercent} %, mem ${both(mem)}, swap ${both(swap)}`
      : `when ${conditions.map(({ text }) => escapeName(text)).join(" or ")}`;
  return `${WHOSE[whose]}: ${values}${warn ? ", with warnings" : ""}`;
}

/** Whether the recording's daemon killed the same one, and when that began. */
function comparison({ atMs, selection }: Act, deaths: readonly Death[]): string {
  const victim = selection.victims[0]?.process;
  const [same] = deaths
    .filter(
      ({ by, process }) =>
        process.pid === victim?.pid &&
        process.startMs === victim.startMs &&
        by !== "" &&
        by !== "kernel",
    )
    .toSorted((a, b) => Math.abs(atMs - a.dyingAtMs) - Math.abs(atMs - b.dyingAtMs));
  if (same === undefined) {
    return "";
  }
  const ms = Math.round(atMs - same.dyingAtMs);
  const moment =
    ms === 0 ? "at the same look" : `${Math.abs(ms)} ms ${ms > 0 ? "before" : "later"}`;
  return `; decided the same in the recording, where its end began ${moment}`;
}

function actText(act: Act, deaths: readonly Death[]): string {
  const { selection, verdict } = act;
  const { text } =
    act.kind === "kill"
      ? sentenceOf({ kind: "killing", verdict, selection, dryRun: true })
      : sentenceOf({ kind: "nobody", verdict, selection });
  return `${text.replace(/^dry run, /, "")}${comparison(act, deaths)}`;
}

function warnedText({ event }: Warning): string {
  return `would warn: ${sentenceOf(event).text.replace(/^warning: /, "")}`;
}

function deathText({ by, process }: Death): string {
  const hand = by === "" ? "" : `, killed by ${by === "kernel" ? "the kernel" : escapeName(by)}`;
  const size = sizeText(sizeOf(process));
  return `in the recording, ${escapeName(process.comm)} (pid ${process.pid}, ${size}) ended${hand}`;
}

/** Which recording was replayed, and with which settings. */
export function headLines(told: Told, { columns }: Paper): string[] {
  const width = Math.min(WIDEST, columns);
  const indent = " ".repeat("recording: ".length);
  return [
    ...wrapped(recordingLine(told.recording), width, "recording: ", indent),
    ...wrapped(optionsLine(told), width, "settings:  ", indent),
    "",
  ];
}

/** Everything that would have happened beside what did, in the order of time. */
export function replayLines(replayed: Replayed, paper: Paper): string[] {
  const { acts, deaths, options, recording, warnings } = replayed;
  const width = Math.min(WIDEST, paper.columns);
  const events = [
    ...acts.map((act) => [act.atMs, actText(act, deaths)] as const),
    ...deaths.map((death) => [death.atMs, deathText(death)] as const),
    ...warnings.map((warning) => [warning.atMs, warnedText(warning)] as const),
  ].toSorted(([a], [b]) => a - b);
  const indent = " ".repeat(TIME);
  return [
    ...headLines(replayed, paper),
    ...events.flatMap(([atMs, text]) => wrapped(text, width, `${when(atMs)}  `, indent)),
    ...(options.warn && warnings.length === 0 ? [`${indent}nobody would have been warned of`] : []),
    ...(acts.length === 0 ? [`${indent}nobody would have been killed`] : []),
    "",
    ...pictureLines(recording, width, paper),
    ...(options.warn ? [markLine("would warn", warnings, recording, width, paper)] : []),
    markLine("would kill", killsOf(replayed), recording, width, paper),
    markLine("ended", deaths, recording, width, paper),
  ];
}

const LABEL = 12;
const BLOCKS = Array.from(" ▁▂▃▄▅▆▇█");
const ASCII = Array.from(" .:-=+*#@");

function barOf(percent: number, { isUtf8 }: Paper): string {
  const blocks = isUtf8 ? BLOCKS : ASCII;
  return blocks[Math.max(0, Math.min(8, Math.ceil((percent / 100) * 8)))] ?? " ";
}

/** Two rows of bars: available memory, and stalls; then the time. */
function pictureLines(recording: Recording, columns: number, paper: Paper): string[] {
  const width = columns - LABEL - 1;
  const cells = cellsOf(recording, width);
  const row = (name: string, of: (cell: Cell) => number) =>
    `${name.padEnd(LABEL)} ${cells.map((cell) => barOf(of(cell), paper)).join("")}`;
  const end = spanText(recording.lastAtMs);
  return [
    row("available", ({ available }) => available),
    row("stalls", ({ stalled }) => stalled),
    `${" ".repeat(LABEL)} 0 s${end.padStart(width - 3)}`,
  ];
}

/** Marks where something is in a recording's time. */
function markLine(
  name: string,
  events: readonly { readonly atMs: number }[],
  recording: Recording,
  columns: number,
  { isUtf8 }: Paper,
): string {
  const width = columns - LABEL - 1;
  const cells = Array.from({ length: width }, (): string => (isUtf8 ? "·" : "."));
  for (const { atMs } of events) {
    const at = Math.floor((width * atMs) / Math.max(1, recording.lastAtMs));
    cells[Math.min(width - 1, at)] = isUtf8 ? "▲" : "^";
  }
  return `${name.padEnd(LABEL)} ${cells.join("")}`;
}

function nameOf(victim: Candidate | undefined): string {
  return victim === undefined ? "-" : `${escapeName(victim.process.comm)} (${victim.process.pid})`;
}

function killsOf({ acts }: Pick<Tried, "acts">): readonly Act[] {
  return acts.filter(({ kind }) => kind === "kill");
}

/** A line for each value: how many it would have killed, the first one, and when in a picture. */
export function sweepLines(
  { setting, values }: Sweep,
  tried: readonly Tried[],
  recording: Recording,
  paper: Paper,
): string[] {
  const width = Math.min(WIDEST, paper.columns);
  const head = `${setting.padStart(5)} ${"kills".padStart(5)} ${"first".padStart(8)} victim`;
  const rows = tried.map((one) => {
    const killed = killsOf(one);
    const [first] = killed;
    const at = first === undefined ? "-" : when(first.atMs).trim();
    const rule = first === undefined ? "" : `, ${first.verdict.rule}`;
    const who = `${nameOf(first?.selection.victims[0])}${rule}`;
    const cells = [String(one.value).padStart(5), String(killed.length).padStart(5)];
    return [...cells, at.padStart(8), who].join(" ");
  });
  const counts = tried.map((one) => killsOf(one).length);
  const cutoff = cutoffText(setting, counts, values);
  const marks = tried.map((one) =>
    markLine(`${setting} ${one.value}`, killsOf(one), recording, width, paper),
  );
  return [
    head,
    ...rows,
    "",
    ...pictureLines(recording, width, paper),
    ...marks,
    "",
    ...wrapped(cutoff, width, "", ""),
  ];
}

/** From which value on somebody would be killed. */
export function cutoffText(
  setting: string,
  kills: readonly number[],
  values: readonly number[],
): string {
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const acting = values.filter((_, i) => (kills[i] ?? 0) > 0);
  if (acting.length === 0) {
    return `With no ${setting} from ${first} to ${last} would anybody have been killed.`;
  }
  if (acting.length === values.length) {
    return `With every ${setting} from ${first} to ${last} somebody would have been killed.`;
  }
  const [least = 0, most = 0] = [acting[0], acting.at(-1)];
  const isUnbroken = values.indexOf(most) - values.indexOf(least) === acting.length - 1;
  if (isUnbroken && least === first) {
    return `Up to ${setting} ${most} somebody would have been killed, above it nobody.`;
  }
  return isUnbroken && most === last
    ? `From ${setting} ${least} on somebody would have been killed, below it nobody.`
    : `Somebody would have been killed with ${setting} ${acting.join(", ")}, and with no other.`;
}
