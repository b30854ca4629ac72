import type { Event, Report } from "../model/event.ts";
import type { Sys } from "../sys/sys.ts";
import { sentenceOf } from "./sentences.ts";

/** Tells systemd something, where it listens; sd_notify(3). Whether it was told. */
export function notify(sys: Sys, socket: string, state: string): boolean {
  return socket !== "" && sys.sendDatagram(socket, state) >= 0;
}

/** What the state is from this event on, for `systemctl status`; "" when it is as before. */
function statusOf(event: Event): string {
  // Most events are no change of state, and need no sentence.
  const text = () => sentenceOf(event).text;
  switch (event.kind) {
    case "watching":
    case "recovered":
    case "pressure-lost":
    case "meminfo":
      return `Watching: ${text()}`;
    case "killed":
      return `Watching; last: ${text()}`;
    case "killing":
      return `${event.dryRun ? "Watching" : "Acting"}: ${text()}`;
    case "nobody":
      return `Helpless: ${text()}`;
    case "reloading":
      return "Reading the configuration again";
    case "stopped":
      return `Stopping: ${text()}`;
    default:
      return "";
  }
}

/** Tells systemd each change of state, in words. */
export function statusReport(sys: Sys, socket: string): Report {
  return (event) => {
    const status = statusOf(event);
    if (status !== "") {
      notify(sys, socket, `STATUS=${status}`);
    }
  };
}
