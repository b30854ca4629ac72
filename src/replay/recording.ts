/**
 * The file of a recording: lines of JSON. The first one is the header; every other one is a moment,
 * and tells what is otherwise than at the moment before. Fields are named as in `/proc`, sizes are
 * in KiB and counters since boot, in pages where the kernel counts those.
 *
 *     {"bustd":"recording","version":1,"kernel":"6.1.0","pageKib":4,"atMs":…,"bootMs":…,"wallMs":…}
 *     {"atMs":0,"meminfo":{"MemTotal":…},"vmstat":{…},"some":{"avg10":0,"totalUs":…},"full":{…},
 *      "processes":[{"pid":1,"comm":"init",…}]}
 *     {"atMs":100,"meminfo":{"MemFree":…},"processes":[{"pid":7,"anonKib":…}],"gone":[12]}
 */
import { escapedJson } from "../report/escape.ts";
import { MEMINFO_FIELDS, PROCESS_NUMBERS, PROCESS_TEXTS, VMSTAT_FIELDS } from "./fields.ts";
import type { Header, Moment, Pressure, Process } from "./fields.ts";

/** Of the format above; a reader refuses another one. */
const RECORDING_VERSION = 1;

/** What one line tells; what is absent is as before. */
export interface Line {
  readonly atMs: number;
  readonly meminfo?: Readonly<Record<string, number>>;
  readonly vmstat?: Readonly<Record<string, number>>;
  readonly some?: Pressure;
  readonly full?: Pressure;
  /** What ZFS would give back, KiB. */
  readonly arcKib?: number;
  /** Processes that are new or changed: of these only what is new. */
  readonly processes?: readonly (Partial<Process> & { readonly pid: number })[];
  readonly gone?: readonly number[];
  /** Of whom it is known who killed them: `bustd`, `kernel` or another's name. */
  readonly killed?: readonly Killed[];
}

export interface Killed {
  readonly pid: number;
  readonly by: string;
}

/** The first line of a recording. */
export function headerLine(header: Header): string {
  const first = { bustd: "recording", version: RECORDING_VERSION, ...header };
  return `${escapedJson(first, 0)}\n`;
}

/** The members of `next` that `before` has otherwise; undefined when there are none. */
function changes<T extends object>(before: Partial<T>, next: T): Partial<T> | undefined {
  const pairs = Object.entries(next) as [keyof T, T[keyof T]][];
  const other = pairs.filter(([name, value]) => before[name] !== value);
  return other.length === 0 ? undefined : (Object.fromEntries(other) as Partial<T>);
}

function otherPressure(before: Pressure | null, next: Pressure | null): Pressure | undefined {
  const isSame = before?.avg10 === next?.avg10 && before?.totalUs === next?.totalUs;
  return next === null || isSame ? undefined : next;
}

/** Writes moments as lines, each by what is otherwise than in the one before. */
export class RecordingWriter {
  #before: Moment | null = null;

  /** The line of one moment; processes that were not looked at again are as before. */
  line(moment: Moment, killed: readonly Killed[] = []): string {
    const before = this.#before;
    const line: Record<keyof Line, unknown> = {
      atMs: Math.round(moment.atMs * 10) / 10,
      meminfo: changes(before?.meminfo ?? {}, moment.meminfo),
      vmstat: changes(before?.vmstat ?? {}, moment.vmstat),
      some: otherPressure(before?.some ?? null, moment.some),
      full: otherPressure(before?.full ?? null, moment.full),
      arcKib: moment.arcKib === (before?.arcKib ?? 0) ? undefined : moment.arcKib,
      ...this.#processes(before?.processes ?? new Map(), moment.processes),
      killed: killed.length === 0 ? undefined : killed,
    };
    this.#before = moment;
    return `${escapedJson(line, 0)}\n`;
  }

  #processes(
    before: ReadonlyMap<number, Process>,
    now: ReadonlyMap<number, Process>,
  ): Pick<Record<keyof Line, unknown>, "processes" | "gone"> {
    if (before === now) {
      return { processes: undefined, gone: undefined };
    }
    const processes: object[] = [];
    for (const process of now.values()) {
      const known = before.get(process.pid);
      // A pid's second owner is told whole.
      const old = known?.startMs === process.startMs ? known : {};
      const changed = changes<Process>(old, process);
      if (changed !== undefined) {
        processes.push({ pid: process.pid, ...changed });
      }
    }
    const gone = [...before.keys()].filter((pid) => !now.has(pid));
    return {
      processes: processes.length === 0 ? undefined : processes,
      gone: gone.length === 0 ? undefined : gone,
    };
  }
}

/** A recording whose lines were all looked at. */
export interface Recording {
  readonly header: Header;
  /** All lines, the header too. */
  readonly text: string;
  readonly moments: number;
  readonly lastAtMs: number;
  /** The last line is cut: it, and no more, is left out. */
  readonly isCut: boolean;
  /** All who were killed in it, as far as it tells, and when that was told. */
  readonly killed: readonly (Killed & { readonly atMs: number })[];
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isTable(value: unknown, names: readonly string[]): boolean {
  return (
    isObject(value) &&
    Object.entries(value).every(([name, item]) => names.includes(name) && isAmount(item))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPressure(value: unknown): boolean {
  return isTable(value, ["avg10", "totalUs"]) && Object.keys(value as object).length === 2;
}

function isPid(value: unknown): value is number {
  return isAmount(value) && Number.isInteger(value) && value > 0 && value <= 0x7fffffff;
}

const LONGEST_TEXT = 4096;

function isProcess(value: unknown): boolean {
  return (
    isObject(value) &&
    isPid(value["pid"]) &&
    Object.entries(value).every(([name, item]) =>
      PROCESS_TEXTS.some((text) => text === name)
        ? typeof item === "string" && item.length <= LONGEST_TEXT
        : PROCESS_NUMBERS.some((number) => number === name) && Number.isSafeInteger(item),
    )
  );
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

const CHECKS: Readonly<Record<keyof Line, (value: unknown) => boolean>> = {
  atMs: isAmount,
  meminfo: (value) => isTable(value, MEMINFO_FIELDS),
  vmstat: (value) => isTable(value, VMSTAT_FIELDS),
  some: isPressure,
  full: isPressure,
  arcKib: isAmount,
  processes: (value) => isList(value, isProcess),
  gone: (value) => isList(value, isPid),
  killed: (value) => isList(value, isKilled),
};

function isKilled(value: unknown): boolean {
  return (
    isObject(value) &&
    isPid(value["pid"]) &&
    typeof value["by"] === "string" &&
    value["by"].length <= LONGEST_TEXT
  );
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with a line, as the end of a sentence, or null. */
function lineProblem(line: unknown, lastAtMs: number): string | null {
  if (!isObject(line)) {
    return "it is no JSON object";
  }
  for (const [name, value] of Object.entries(line)) {
    const check = CHECKS[name as keyof Line] as ((item: unknown) => boolean) | undefined;
    if (check !== undefined && !check(value)) {
      return `${name} is not what it should be`;
    }
  }
  if (!isAmount(line["atMs"])) {
    return "atMs is missing";
  }
  return line["atMs"] < lastAtMs ? "its time is before that of the line before" : null;
}

const HEADER_NUMBERS = ["pageKib", "atMs", "bootMs", "wallMs", "ramKib", "ownPid"] as const;

function headerOf(text: string): Header | string {
  const header = parseLine(text);
  if (!isObject(header) || header["bustd"] !== "recording") {
    return "it is no recording of bustd's";
  }
  if (header["version"] !== RECORDING_VERSION) {
    const found = JSON.stringify(header["version"] ?? null).slice(0, 20);
    return `its version is ${found}, and this bustd reads ${RECORDING_VERSION}`;
  }
  const isSound =
    HEADER_NUMBERS.every((name) => isAmount(header[name])) &&
    [4, 16, 64].includes(header["pageKib"] as number) &&
    typeof header["kernel"] === "string" &&
    header["kernel"].length <= LONGEST_TEXT;
  return isSound ? (header as unknown as Header) : "its first line is not what it should be";
}

/** Reads a recording, or says what is wrong with it, as the end of a sentence; never throws. */
export function readRecording(text: string): Recording | string {
  const end = text.indexOf("\n");
  const header = headerOf(end < 0 ? text : text.slice(0, end));
  if (typeof header === "string") {
    return header;
  }
  const killed: Recording["killed"][number][] = [];
  let moments = 0;
  let lastAtMs = 0;
  let isCut = false;
  for (const { isLast, line, number } of linesOf(text)) {
    const parsed = parseLine(line);
    const problem = lineProblem(parsed, lastAtMs);
    if (problem !== null) {
      isCut = isLast;
      if (!isCut) {
        return `line ${number}: ${problem}`;
      }
      break;
    }
    moments++;
    lastAtMs = (parsed as Line).atMs;
    for (const one of (parsed as Line).killed ?? []) {
      killed.push({ ...one, atMs: lastAtMs });
    }
  }
  return moments === 0
    ? "there is no moment in it"
    : { header, text, moments, lastAtMs, isCut, killed };
}

interface NumberedLine {
  readonly number: number;
  readonly line: string;
  /** No newline is behind it. */
  readonly isLast: boolean;
}

/** The lines behind the header that are not empty. */
function* linesOf(text: string): Generator<NumberedLine> {
  let number = 1;
  for (let at = text.indexOf("\n") + 1; at > 0 && at < text.length;) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    number++;
    if (end > at) {
      yield { number, line: text.slice(at, end), isLast: newline < 0 };
    }
    at = end + 1;
  }
}

/** The moments of a recording, one after the other; what they tell, and not what is as before. */
export function* momentsOf({ moments, text }: Recording): Generator<Line> {
  let count = 0;
  for (const { line } of linesOf(text)) {
    if (count++ >= moments) {
      return;
    }
    yield JSON.parse(line) as Line;
  }
}
