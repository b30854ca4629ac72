import { FLAGS } from "../../src/cli/args.ts";
import { DEFAULT_RULES } from "../../src/cli/default-rules.ts";
import { allowedBy } from "../../src/cli/values.ts";
import { shownDefault } from "./default-file.ts";
import { hooksSection } from "./man-bustd-announce.ts";
import { page, PAGE_DATE, paragraph, plain, tagged } from "./mdoc.ts";

const HEAD = `.\\" Made by scripts/generate.ts: change the tables of src/cli, or that script.
.Dd ${PAGE_DATE}
.Dt BUSTD.TOML 5
.Os
.Sh NAME
.Nm bustd.toml
.Nd configuration of bustd
.Sh SYNOPSIS
.Pa /usr/lib/bustd/bustd.toml
.br
.Pa /etc/bustd/bustd.toml
.br
.Pa /etc/bustd/bustd.toml.d/*.toml
.Sh DESCRIPTION
The files of
.Xr bustd 8
are TOML, and are read in this order; drop-ins in the order of their names.
The last one that sets a key wins, the rules and hooks of all hold, and flags win over files.
A file that root's bustd reads must not be writable by others.
A link to
.Pa /dev/null
stands for no file.
All files together may have 64 KiB, 1000 rules, 2000 patterns and 20 hooks.
.Pp
.Ql bustd check-config
says whether they are right, and
.Ql systemctl reload bustd ,
or
.Dv SIGHUP ,
takes them into force.
.Sh KEYS`;

const WHEN =
  `Conditions that stand in place of psi, mem and swap; one of them must hold. Each compares
with <, <=, > or >= one of: mem, swap (percent of memory available, of swap free); psi.some,
psi.full (percent of the last second in which some or all tasks waited for memory); psi.avg10 (the
kernel's average of 10 s). The word scarce holds when mem is at its
limit, swap is nearly full, or memory in use is being evicted. Join with and. No
comparison with what is not known holds, as with psi on a kernel without it. The example in the
annotated file comes close to what the three keys mean.`.replaceAll("\n", " ");

/** What the members of a rule mean; the test holds the names to those that are understood. */
export const RULE_KEYS: Readonly<Record<string, string>> = {
  comm: "The process's name, at most 15 bytes.",
  exe:
    "Path of its executable, also where an upgrade has replaced that since. To see other users' " +
    "takes CAP_SYS_PTRACE; without it, rules that protect spare all of those, and other rules " +
    "match none.",
  cmdline:
    "Its command line, with spaces between the words. One that cannot be read within a quarter " +
    "of a second matches no rule, and the log says so: a process can keep it from being read. Of " +
    "one user's command lines 256 KiB count, then of each the first 512 bytes.",
  cgroup: "Path of its cgroup, version 2, such as /system.slice/*.",
  unit: "Name of its systemd unit, which is a service or a scope, such as sshd.service.",
  user: "Name or number of its user, or a list of these.",
  "older-than": "Its age is more than this many seconds, or 10m, 2h, 1d.",
  "younger-than": "Its age is less than that.",
  "oom-score-adj": "Its oom_score_adj: a number, or a pair of the least and the most.",
  regex:
    "With true, texts are regular expressions that may match anywhere, else globs. They are " +
    "written as in JavaScript or Python, without back-references and looking ahead or behind; " +
    "[[:alpha:]], word edges \\b, \\<, \\> and a leading (?i) are known as well.",
  protect: "With true, never kill it.",
  prefer: "This many points more; 1000 is about all memory. A text such as 50% is a share.",
  avoid: "This many points less, or a share of its own points less.",
  group: "Kill it together with its process-group or cgroup, or alone: process.",
  "kill-after":
    "Its own time from SIGTERM to SIGKILL, beside one of these effects or alone. Of several " +
    "rules the longest holds.",
};

const TAIL = `.Sh EXAMPLES
.Bd -literal
mem = ["2G", "1G"]

[[rule]]
comm = ["chromium*", "firefox*"]
younger-than = "10m"
prefer = 100

[[rule]]
unit = "postgresql*.service"
avoid = "50%"
kill-after = "30s"

[[hook]]
on = "killed"
run = ["/usr/local/sbin/bustd-mail"]
.Ed
.Sh SEE ALSO
.Xr bustd-rules 7 ,
.Xr bustd 8`;

/** `bustd.toml(5)`, from the tables of keys and of default rules. */
export function manConfig(): string {
  const keys = FLAGS.flatMap((flag) => {
    if (flag.key === undefined) {
      return [];
    }
    const kind = flag.kind === "choice" ? "" : ` Allowed: ${allowedBy(flag)}.`;
    const shown = shownDefault(flag);
    const initial = shown === "" ? "" : ` The default is ${shown}.`;
    const text = `${flag.off ?? flag.help}${kind}${initial}`;
    return [[`Cm ${plain(flag.key)}`, paragraph(text)] as const];
  });
  const rules = Object.entries(RULE_KEYS).map(
    ([key, text]) => [`Cm ${plain(key)}`, paragraph(text)] as const,
  );
  const defaults = DEFAULT_RULES.map(
    ({ name, reason, avoid }) =>
      [
        plain(name),
        paragraph(`${reason} ${avoid === undefined ? "Protected." : `${avoid} points less.`}`),
      ] as const,
  );
  return page([
    HEAD,
    tagged([...keys, ["Cm when", paragraph(WHEN)]]),
    ".Sh RULES",
    "A",
    ".Ql [[rule]]",
    "holds for a process when all that it says of it does.",
    "One text of a list must match.",
    tagged(rules),
    hooksSection(),
    ".Sh DEFAULT RULES",
    "These hold unless",
    ".Cm default\\-rules",
    "is false; the annotated file that comes with bustd has the names.",
    tagged(defaults),
    TAIL,
  ]);
}
