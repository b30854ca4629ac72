import type { Event, Report } from "../model/event.ts";
import type { Candidate, Selection } from "../model/selection.ts";
import type { Sys } from "../sys/sys.ts";
import { escapeName } from "./escape.ts";
import { MESSAGE_IDS } from "./message-ids.ts";
import { lineWriter, STDERR } from "./plain.ts";
import { sentenceOf } from "./sentences.ts";

/** Where the journal takes entries with fields; https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. */
const SOCKET = "/run/systemd/journal/socket";

// Texts are joined by hand, and only of kills: what is rehearsed of it stays in memory.

/** Who it is; not `OBJECT_PID`, which the journal would look up when it is gone. */
function whoText({ process }: Candidate, role: string): string {
  return `BUSTD_${role}_PID=${process.pid}\nBUSTD_${role}_COMM=${escapeName(process.comm)}\n`;
}

function selectionText({ next, victims }: Selection): string {
  const [first] = victims;
  const who = first === undefined ? "" : whoText(first, "VICTIM");
  return next === null ? who : who + whoText(next, "NEXT");
}

/** The fields of a kill, or that there was none, with what the catalogue explains it by; or "". */
function fieldsOf(event: Event): string {
  switch (event.kind) {
    case "killing": {
      const id = event.dryRun ? MESSAGE_IDS.dryRun : MESSAGE_IDS.killing;
      const { rule, witnesses } = event.verdict;
      const [first] = witnesses;
      const measured =
        first === undefined
          ? ""
          : `BUSTD_MEASURE=${first.name}\nBUSTD_VALUE=${first.value}\nBUSTD_LIMIT=${first.limit}\n`;
      return `MESSAGE_ID=${id}\nBUSTD_RULE=${rule}\n${measured}${selectionText(event.selection)}`;
    }
    case "killed": {
      const { ending, tookMs } = event.outcome;
      const id = ending === "gone" ? MESSAGE_IDS.killed : MESSAGE_IDS.notKilled;
      const how = `BUSTD_ENDING=${ending}\nBUSTD_GONE_MS=${Math.round(tookMs)}\n`;
      return `MESSAGE_ID=${id}\nBUSTD_RULE=${event.rule}\n${how}${selectionText(event.selection)}`;
    }
    case "nobody":
      return `MESSAGE_ID=${MESSAGE_IDS.nobody}\nBUSTD_RULE=${event.verdict.rule}\n`;
    default:
      return "";
  }
}

/** An event as the journal's own protocol writes it; "" of what is no kill. */
export function journalEntry(event: Event, { level, text } = sentenceOf(event)): string {
  const fields = fieldsOf(event);
  return fields === ""
    ? ""
    : `PRIORITY=${level}\nSYSLOG_IDENTIFIER=bustd\nMESSAGE=${text}\n${fields}`;
}

/**
 * Kills as entries with fields, which never wait for the journal; all else, and kills where it
 * takes none, as lines with the priority in front, sd-daemon(3).
 */
export function journalReport(sys: Sys): Report {
  const write = lineWriter(sys);
  return (event) => {
    const said = sentenceOf(event);
    const entry = journalEntry(event, said);
    if (entry === "" || sys.sendDatagram(SOCKET, entry) < 0) {
      write(STDERR, `<${said.level}>${said.text}`);
    }
  };
}
