import { literal, page, PAGE_DATE, prose, section, tagged } from "./mdoc.ts";
import { CHOOSING, LOSS } from "./rules/choosing.ts";
import { DECIDING, TERMS, WAITING } from "./rules/deciding.ts";
import { FOOTPRINT, KILLING } from "./rules/killing.ts";
import { SAMPLES } from "./samples.ts";

const HEAD = `.\\" Made by scripts/generate.ts: change scripts/generate/rules, or src.
.Dd ${PAGE_DATE}
.Dt BUSTD-RULES 7
.Os
.Sh NAME
.Nm bustd-rules
.Nd how bustd decides when to kill, and which process`;

/** A part of the line above, and what it says. */
export const PARTS = [
  ["killing leaky (pid 22, user 1000, …)", "The victim, and what is known of it."],
  [
    "score 1913: took what was lost +1219",
    "Why this one: the points that it got beside the kernel's oom_score. See CHOOSING THE VICTIM.",
  ],
  ["by SIGTERM", "It is asked to end first; see KILLING."],
  [
    "memory is used up (rule exhaustion)",
    "Why a process had to be killed, and the rule's name; see DECIDING.",
  ],
  [
    "MemAvailable 81.0 % (limit 81.0 %)",
    "What was measured, and the limit that it was held against.",
  ],
  [
    "1195 MiB were lost in 8.64 s",
    "Since when memory runs out, and how much of it the victim took; see WHO TOOK WHAT WAS LOST.",
  ],
  ["next would be editor", "The process that would be killed next, if this one is not enough."],
] as const;

const DESCRIPTION = section(
  "DESCRIPTION",
  prose("A kill, as the log tells of it:"),
  literal([SAMPLES.killing, SAMPLES.killed]),
  ".Pp",
  prose("Part by part:"),
  tagged(PARTS.map(([part, text]) => [`"${part.replace("…", "...")}"`, prose(text)])),
  ".Pp",
  prose(`
    What bustd does, over and over, is: wait, look, decide, choose, look and decide again, kill,
    wait until the victim is gone. The sections below follow this order. Where each number comes
    from is said in src/model/limits.ts of the sources.`),
);

const SEE_ALSO = `.Sh SEE ALSO
.Xr choom 1 ,
.Xr bustd.toml 5 ,
.Xr proc_pid_oom_score 5 ,
.Xr bustd 8`;

/** `bustd-rules(7)`, with the numbers of the program. */
export function manRules(): string {
  return page([
    HEAD,
    DESCRIPTION,
    TERMS,
    WAITING,
    DECIDING,
    LOSS,
    CHOOSING,
    KILLING,
    FOOTPRINT,
    SEE_ALSO,
  ]);
}
