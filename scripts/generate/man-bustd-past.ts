import { literal, prose, section, tagged } from "./mdoc.ts";

/** What is kept of kills, and how to look at it. */
export const PAST = section(
  "LOOKING BACK",
  prose(`
    Of each kill one incident is kept: the readings before, through and after, the numbers that
    decided, who took what was lost, the candidates with all that made their score, and how long it
    took. So is what a dry run would have killed, that nobody could be killed, and the kernel's own
    kills. The last 100 are kept, and those of dry runs make room first. explain tells the story of
    one, report draws it as a page, and replay asks what other settings would have done:`),
  literal([
    "bustd incidents --since yesterday",
    "bustd explain              # the last one",
    "bustd report last --html kill.html",
    "bustd replay last -p 50",
  ]),
  ".Pp",
  prose(`
    The names of processes that the kernel killed are in its log, which only root may read, until it
    is overwritten. bustd-recorder(5) describes the files.`),
);

/** How to tune with evidence. */
export const RECORDINGS = section(
  "RECORDING AND TUNING",
  prose(`
    record writes down how memory goes and who takes it, on any machine and without rights, beside
    bustd or another daemon. It looks once a second, ten times where memory is short or goes,
    or tasks stall, and takes some MB a day. The file is never larger than 512 MiB, and holds names,
    executables and cgroups of processes, but no command lines.`),
  literal([
    "bustd record monday.jsonl --for 1d",
    "bustd replay monday.jsonl",
    "bustd replay monday.jsonl --sweep psi=5..60",
    "bustd tune monday.jsonl tuesday.jsonl",
  ]),
  ".Pp",
  prose(`
    replay runs the daemon itself over the recording, with the flags and files that are given, and
    prints which processes it would have killed, when and by which rule, beside what ended in the
    recording. What a victim has there is free memory from then on; all else, stalls as well, stays
    as it was recorded. It looks when something was recorded: where a number is near its limit, the
    daemon may have decided a moment sooner or later. While the victim of the recording's own
    daemon is dying, it can still be chosen, and no other process is killed beside it. Rules on
    command lines match nobody. An incident holds less than a recording: the rule thrashing is not
    judged by it. It is replayed with the settings that were in force and what its rules made of
    its candidates; flags, and the file of --config, take their place. The second line of the
    answer says which these are. With --warn, or warn = true, it says when it would have warned.`),
  ".Pp",
  prose("--sweep replays it once for each value, and shows which of them kill, and when:"),
  tagged([
    ["psi=5..60", prose("the share of stalls,")],
    [
      "mem=5..40 , swap=5..40",
      prose("the limits, each hard limit at half of the soft one; with a step, mem=4..20/2."),
    ],
  ]),
  ".Pp",
  prose(`
    tune tells episodes, in which memory was short or tasks stalled, apart by how they ended, and
    proposes the settings that would have killed least in those that went by, and prevented most
    ends by the kernel's hand and standstills. It refuses where there is less than a day with ten
    episodes, where conditions (when) are in force, and where a limit of available memory is a size
    and not a percentage. The file is JSON, a line for each moment; fields are named as in /proc.`),
);
