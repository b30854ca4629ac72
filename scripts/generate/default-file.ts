import { FLAGS } from "../../src/cli/args.ts";
import type { Flag } from "../../src/cli/flag.ts";
import { DEFAULT_RULES, type DefaultRule } from "../../src/cli/default-rules.ts";
import { DEFAULTS } from "../../src/cli/settings.ts";
import { allowedBy } from "../../src/cli/values.ts";
import type { Limits } from "../../src/model/options.ts";

const WIDTH = 80;

const HEAD = `
What bustd does where no flag says otherwise; bustd.toml(5). Every setting is
shown with its default: taking a # away alone changes nothing.

/usr/lib/bustd/bustd.toml is read first, then /etc/bustd/bustd.toml, then
/etc/bustd/bustd.toml.d/*.toml in the order of their names; the last one that
sets a key wins, and rules of all hold. Flags win over files.
Check with: bustd check-config   Take into force with: systemctl reload bustd
`;

const WHEN = `
When to act, in place of psi, mem and swap: one of these lines must hold. Each
compares mem, swap (percent still available, percent of swap still free),
psi.some, psi.full, psi.avg10 (percent of time that tasks wait for memory);
"scarce" holds when mem is at its limit, swap is nearly full, or memory in use
is being evicted. Join with "and". The defaults of the keys above are more
than conditions can say; these come close:
`;

const RULES = `
Rules about processes. They stand below all other keys: in TOML, what follows
a [[rule]] belongs to it. A rule holds for a process when all of it does:
  comm, exe, cmdline     name (at most 15 bytes), executable, command line
  cgroup, unit           path of the cgroup, systemd unit (a service or scope)
  user                   name or number
  older-than, younger-than   age: 90, "10m", "2h", "1d"
  oom-score-adj          a number, or [least, most]
Texts are globs, and one of a list must match it all. With regex = true they
are regular expressions, which may match anywhere. The effect is one of these:
  protect = true         never kill it
  prefer = 100           that many points more; 1000 is about all memory
  avoid = "50%"          or a share of its own points, here half of them less
  group = "cgroup"       kill all of its cgroup, or "process-group", "process"
and, beside one of them or alone:
  kill-after = "10s"     its own time from SIGTERM to SIGKILL
Names are what programs call themselves: no defence against an attacker.
For example:
`;

const EXAMPLE = `[[rule]]
comm = ["chromium*", "firefox*"]
user = "alice"
younger-than = "10m"
prefer = 100
`;

const HOOKS = `
Programs that are run after a kill, when memory is back; never by the daemon
itself, and never by a shell. What happened is on standard input as JSON, and
in BUSTD_EVENT, BUSTD_PID, BUSTD_COMM, BUSTD_USER, BUSTD_MESSAGE and others;
see bustd.toml(5). Only root may be able to write them.
  on         "killed", "recovered", "nobody", "warned", or a list of these
  run        absolute path and arguments
  timeout    when it is ended at the latest; "30s" if not given
  user       whose rights it has; root's if not given
For example:
`;

const HOOK_EXAMPLE = `[[hook]]
on = ["killed", "nobody"]
run = ["/usr/local/sbin/bustd-mail"]
`;

const DEFAULT_SET = `
The default set, which default-rules = false switches off. To keep some of it,
switch it off and remove the # before those.
`;

/** Text as comments; a blank line stays one. */
function comment(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => (line === "" ? "#" : `# ${line}`))
    .join("\n");
}

/** Settings that do not hold yet: no space, so that they differ from comments. */
function disabled(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => `#${line}`)
    .join("\n");
}

function wrapped(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return lines.join("\n");
}

/** What a key is by default, as TOML; "" where it has no value then. */
export function shownDefault({ example, initial, key, kind }: Flag): string {
  if (key === undefined || example !== undefined) {
    return "";
  }
  const value = DEFAULTS[key];
  if (kind === "limits") {
    const { softPercent, hardPercent } = value as Limits;
    return `[${softPercent}, ${hardPercent}]`;
  }
  return JSON.stringify(kind === "grace" ? initial : value);
}

function setting(flag: Flag): string {
  const { key, example, help, off } = flag;
  if (key === undefined) {
    return "";
  }
  const none = example === undefined ? "" : " No default; for example:";
  const allowed = flag.kind === "choice" ? "" : ` Allowed: ${allowedBy(flag)}.`;
  const text = `${off ?? help}${allowed}${none}`;
  const value = example ?? shownDefault(flag);
  return `${comment(wrapped(text, WIDTH - 2))}\n${disabled(`${key} = ${value}`)}\n`;
}

function list(values: readonly string[]): string {
  const text = values.map((value) => JSON.stringify(value)).join(", ");
  return text.length < 70
    ? `[${text}]`
    : `[\n  ${wrapped(text, WIDTH - 4).replaceAll("\n", "\n  ")},\n]`;
}

function defaultRule({ name, reason, comm, unit, avoid }: DefaultRule): string {
  const lines = [
    "[[rule]]",
    `comm = ${list(comm)}`,
    ...(unit === undefined ? [] : [`unit = ${list(unit)}`]),
    avoid === undefined ? "protect = true" : `avoid = ${avoid}`,
  ];
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}. ${reason}`;
  return `${comment(wrapped(title, WIDTH - 2))}\n${disabled(lines.join("\n"))}\n`;
}

/** `packaging/bustd.toml`: every key with its meaning and default, all of it switched off. */
export function defaultFile(): string {
  const when = [
    `"mem <= ${DEFAULTS.mem.softPercent} and swap <= ${DEFAULTS.swap.softPercent}"`,
    `"psi.some >= ${DEFAULTS.psi} and scarce"`,
  ];
  return [
    `${comment(HEAD)}\n`,
    ...FLAGS.map(setting).filter((text) => text !== ""),
    `${comment(WHEN)}\n${disabled(`when = [${when.join(", ")}]`)}\n`,
    `${comment(RULES)}\n${disabled(EXAMPLE)}\n`,
    `${comment(HOOKS)}\n${disabled(HOOK_EXAMPLE)}\n`,
    `${comment(DEFAULT_SET)}\n`,
    ...DEFAULT_RULES.map(defaultRule),
  ].join("\n");
}
