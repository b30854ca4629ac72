import type { Event } from "../model/event.ts";
import type { Sys } from "../sys/sys.ts";
import type { Report } from "./plain.ts";
import { sentenceOf } from "./sentences.ts";

/** Tells systemd something, where it listens; sd_notify(3). */
export function notify(sys: Sys, socket: string, state: string): void {
  if (socket !== "") {
    sys.sendDatagram(socket, state);
  }
}

/** What the state is from this event on, for `systemctl status`; "" when it is as before. */
function statusOf(event: Event): string {
  const { text } = sentenceOf(event);
  switch (event.kind) {
    case "watching":
    case "recovered":
    case "pressure-lost":
      return `Watching: ${text}`;
    case "ended":
      return `Watching; last: ${text}`;
    case "killing":
      return event.dryRun ? `Watching, in a dry run: ${text}` : `Acting: ${text}`;
    case "nobody":
      return `Helpless: ${text}`;
    case "reloading":
      return "Reading the configuration again";
    case "stopped":
      return `Stopping: ${text}`;
    default:
      return "";
  }
}

/** A report that also tells systemd each change of state, in words. */
export function withStatus(sys: Sys, socket: string, report: Report): Report {
  return (event) => {
    report(event);
    const status = socket === "" ? "" : statusOf(event);
    if (status !== "") {
      notify(sys, socket, `STATUS=${status}`);
    }
  };
}
