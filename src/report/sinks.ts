import type { Event, Report } from "../model/event.ts";
import type { Options } from "../model/options.ts";
import type { Sys } from "../sys/sys.ts";
import { journalReport } from "./journal.ts";
import { plainReport } from "./plain.ts";
import { statusReport } from "./systemd.ts";

/** What becomes of each event, beside the lines and after them; another sink is added here. */
function othersOf(sys: Sys, notifySocket: string): readonly Report[] {
  const others: Report[] = [];
  if (notifySocket !== "") {
    others.push(statusReport(sys, notifySocket));
  }
  return others;
}

/** One report that hands each event to all sinks; `lines` stand in place of the daemon's own. */
export function reportFor(
  sys: Sys,
  options: Options,
  notifySocket: string,
  lines?: Report,
): Report {
  const first = lines ?? (options.sink === "journal" ? journalReport(sys) : plainReport(sys));
  const sinks = [first, ...othersOf(sys, notifySocket)];
  return (event: Event) => {
    for (const sink of sinks) {
      sink(event);
    }
  };
}
