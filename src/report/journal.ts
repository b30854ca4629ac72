import type { Event, Outcome, Report } from "../model/event.ts";
import type { Selection } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
import type { Sys } from "../sys/sys.ts";
import { escapeName } from "./escape.ts";
import { MESSAGE_IDS, type MessageName } from "./messages.ts";
import { lineWriter } from "./plain.ts";
import { sentenceOf } from "./sentences.ts";

/** Where the journal takes entries with fields; https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. */
const SOCKET = "/run/systemd/journal/socket";
const STDERR = 2;

type Fields = Readonly<Record<string, string | number>>;

/** What a verdict was told from: `BUSTD_RULE`, and the first number with its limit. */
function verdictFields({ rule, urgency, witnesses }: Acting): Fields {
  const [first] = witnesses;
  const measured =
    first === undefined
      ? {}
      : {
          BUSTD_MEASURE: first.name,
          BUSTD_VALUE: first.value,
          BUSTD_LIMIT: first.limit,
          BUSTD_UNIT: first.unit,
        };
  return { BUSTD_RULE: rule, BUSTD_URGENCY: urgency, ...measured };
}

/** Who is killed; not `OBJECT_PID`, which the journal would look up when it is gone. */
function selectionFields({ next, victims }: Selection): Fields {
  const [first] = victims;
  const who =
    first === undefined
      ? {}
      : {
          BUSTD_VICTIM_PID: first.process.pid,
          BUSTD_VICTIM_COMM: first.process.comm,
          BUSTD_VICTIM_UID: first.process.uid,
          BUSTD_VICTIM_CGROUP: first.process.cgroup,
          BUSTD_VICTIM_RSS_KIB: first.process.rssKib,
          BUSTD_VICTIM_SCORE: Math.round(first.score),
          BUSTD_VICTIM_COUNT: victims.length,
        };
  const after =
    next === null ? {} : { BUSTD_NEXT_PID: next.process.pid, BUSTD_NEXT_COMM: next.process.comm };
  return { ...who, ...after };
}

function outcomeFields({ ending, errno, sigkill, tookMs }: Outcome): Fields {
  return {
    BUSTD_ENDING: ending,
    BUSTD_SIGNAL: sigkill ? "SIGKILL" : "SIGTERM",
    BUSTD_GONE_MS: Math.round(tookMs),
    ...(errno === 0 ? {} : { ERRNO: errno }),
  };
}

interface Entry {
  /** null: nothing that a catalogue could explain. */
  readonly name: MessageName | null;
  readonly fields: Fields;
}

function entryOf(event: Event): Entry {
  switch (event.kind) {
    case "killing": {
      const fields = { ...verdictFields(event.verdict), ...selectionFields(event.selection) };
      return { name: event.dryRun ? "dryRun" : "killing", fields };
    }
    case "killed": {
      const fields = { ...selectionFields(event.selection), ...outcomeFields(event.outcome) };
      return { name: event.outcome.ending === "gone" ? "killed" : "notKilled", fields };
    }
    case "nobody":
      return { name: "nobody", fields: verdictFields(event.verdict) };
    case "recovered":
      return { name: "recovered", fields: verdictFields(event.verdict) };
    case "pressure-lost":
      return { name: "pressureLost", fields: {} };
    case "problem":
      return { name: "problem", fields: {} };
    default:
      return { name: null, fields: {} };
  }
}

/** A field in one line: a text that has lines of its own would need its length in front. */
function fieldLine(name: string, value: string | number): string {
  return `${name}=${typeof value === "number" ? value : escapeName(value)}\n`;
}

/** An event as the journal's own protocol writes it. */
export function journalEntry(event: Event): string {
  const { level, text } = sentenceOf(event);
  const { fields, name } = entryOf(event);
  let entry = `${fieldLine("PRIORITY", level)}SYSLOG_IDENTIFIER=bustd\nMESSAGE=${text}\n`;
  if (name !== null) {
    entry += fieldLine("MESSAGE_ID", MESSAGE_IDS[name]);
  }
  for (const field in fields) {
    entry += fieldLine(field, fields[field] ?? "");
  }
  return entry;
}

/**
 * Entries with fields for the journal, which never wait for it; where it takes none, plain lines
 * with the priority in front, sd-daemon(3).
 */
export function journalReport(sys: Sys): Report {
  const write = lineWriter(sys);
  return (event) => {
    if (sys.sendDatagram(SOCKET, journalEntry(event)) < 0) {
      const { level, text } = sentenceOf(event);
      write(STDERR, `<${level}>${text}`);
    }
  };
}
