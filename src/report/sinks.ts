import type { Event, Report } from "../model/event.ts";
import type { Options } from "../model/options.ts";
import type { Sys } from "../sys/sys.ts";
import { journalReport } from "./journal.ts";
import { plainReport } from "./plain.ts";
import { statusReport } from "./systemd.ts";

/** What becomes of each event, in this order; another sink is a row here. */
function sinksOf(sys: Sys, { sink }: Options, notifySocket: string): readonly Report[] {
  const lines = sink === "journal" ? journalReport(sys) : plainReport(sys);
  return notifySocket === "" ? [lines] : [lines, statusReport(sys, notifySocket)];
}

/** One report that hands each event to all sinks. */
export function reportFor(
  sys: Sys,
  options: Options,
  notifySocket: string,
  lines?: Report,
): Report {
  const [own, ...others] = sinksOf(sys, options, notifySocket);
  const sinks = [lines ?? own, ...others];
  return (event: Event) => {
    for (const sink of sinks) {
      sink?.(event);
    }
  };
}
