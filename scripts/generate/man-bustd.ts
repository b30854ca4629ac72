import { COMMANDS, FLAGS, flagsOf } from "../../src/cli/args.ts";
import type { Command, Flag } from "../../src/cli/flag.ts";
import { ExitCode } from "../../src/model/exit-codes.ts";
import { ANNOUNCING } from "./man-bustd-announce.ts";
import { FILES, LOG, SIGNALS, TRIAL } from "./man-bustd-use.ts";
import { NOTICES, WARNINGS } from "./man-bustd-notices.ts";
import { PAST, RECORDINGS } from "./man-bustd-past.ts";
import { flagMacros, page, PAGE_DATE, paragraph, plain, tagged } from "./mdoc.ts";

const HEAD = `.\\" Made by scripts/generate.ts: change the table in src/cli/args.ts, or that script.
.Dd ${PAGE_DATE}
.Dt BUSTD 8
.Os
.Sh NAME
.Nm bustd
.Nd kill the right process just before memory runs out`;

const DESCRIPTION = `.Sh DESCRIPTION
A machine that runs low on memory may freeze for minutes before the kernel kills a process.
.Nm
watches memory and kills the right one just before that happens.
Its log says which process it killed, why, by which numbers, and which would have been next.
.Pp
Without
.Fl n
it goes on in the background once it is up.
It acts when available memory and free swap are both nearly used up, when memory is running out
and tasks wait for it, or when memory in use is evicted and read back again and again.
The process that took most of what was lost, or else the one with the highest
.Pa oom_score ,
gets
.Dv SIGTERM ,
and
.Dv SIGKILL
half a second later.
No other process is killed before it is gone and memory was measured again.
Never chosen are init, threads of the kernel,
.Nm
itself, and processes whose
.Pa oom_score_adj
is \\-1000.
.Xr bustd-rules 7
tells all of it.
.Pp
The flags are:`;

const CODES: Readonly<Record<keyof typeof ExitCode, string>> = {
  ok: "Stopped by SIGTERM, SIGINT or SIGQUIT, or the command did what it was asked.",
  problems:
    "check-config found problems, import could not carry all over, there is no such kill, " +
    "there is too little to tune by, or too little memory to try selftest, announce said what " +
    "went wrong, notify could show nothing, or an answer could not be written whole, as to a " +
    "full disk; doctor: it works with limits; status: it does not run.",
  usage: "A flag, an argument or the configuration is wrong; doctor, selftest: it does not work.",
  unsupported: "The kernel is too old.",
  alreadyRunning: "Another bustd holds the pid file.",
  notStarted: "The daemon could not be started.",
};

const JSON_ANSWER = `.Pp
.Cm doctor Fl -json
prints a list of objects with the keys
.Li subject , state
.Pq good , hint , limited No or broken ,
.Li found
and
.Li remedy .
A hint changes no exit code.
.Pp
A lone
.Fl \\-
starts nothing: words are expected behind it.`;

const ENVIRONMENT = `.Sh ENVIRONMENT
.Bl -tag -width Ds
.It Ev NOTIFY_SOCKET , WATCHDOG_USEC
Set by
.Xr systemd 1 ,
which is told of every change of state, and that the loop is alive.
.It Ev BUN_OPTIONS , BUN_BE_BUN , BUN_JSC_*
Steer the runtime that
.Nm
is compiled with, and should not be set.
The services that come with it clear them.
.El`;

const EXAMPLES = `.Sh EXAMPLES
See what it would kill, and kill nothing:
.Pp
.Dl bustd -n --dry-run
.Pp
Act earlier, and never kill these:
.Pp
.Dl bustd -p 15 -u \\(aqsshd|*sql*\\(aq
.Pp
Act at 2 GiB, as earlyoom does with the same flags:
.Pp
.Dl bustd -M 2097152 -s 100
.Sh SEE ALSO
.Xr choom 1 ,
.Xr bustd-recorder 5 ,
.Xr bustd.toml 5 ,
.Xr proc 5 ,
.Xr bustd-rules 7
.Sh CAVEATS
Names of processes are what programs call themselves: rules on names are no defence against an
attacker.
.Pp
The executable must not be stripped: the program is appended to its runtime.
.Pp
The runtime needs threads of its own, before anything of bustd runs: under a limit of processes that
leaves a user none, such as
.Ql prlimit --nproc=1 ,
it ends in a panic of the runtime's, with exit code 134.`;

/** `bustd(8)`, from the tables of flags, commands and exit codes. */
export function manBustd(): string {
  const flags = flagsOf(null).map((flag) => {
    const initial = flag.initial === undefined ? "" : ` The default is ${flag.initial}.`;
    return [flagMacros(flag), paragraph(`${flag.help}${initial}`)] as const;
  });
  const commands = COMMANDS.map((command) => {
    const { name, help, words } = command;
    // Op would reach to the end of the line, over all that follow.
    const flagsText = ownFlags(name)
      .filter(({ required }) => required !== true)
      .map((flag) => ` Oo ${flagMacros(flag)} Oc`);
    const about = words.map((word) => `\n.Ar ${word.name} :\n${paragraph(word.help)}`);
    const tag = `Cm ${name}${[...argumentsOf(command), ...flagsText].join("")}`;
    return [tag, `${paragraph(help)}${about.join("")}`] as const;
  });
  const codes = Object.entries(ExitCode).map(
    ([key, code]) => [String(code), paragraph(CODES[key as keyof typeof ExitCode])] as const,
  );
  return page([
    HEAD,
    ".Sh SYNOPSIS",
    ...synopsis(),
    DESCRIPTION,
    tagged(flags),
    ".Pp",
    "The commands, which take the same flags where these matter, are:",
    tagged(commands),
    JSON_ANSWER,
    TRIAL,
    LOG,
    PAST,
    ANNOUNCING,
    RECORDINGS,
    NOTICES,
    WARNINGS,
    SIGNALS,
    ENVIRONMENT,
    FILES,
    ".Sh EXIT STATUS",
    tagged(codes),
    EXAMPLES,
  ]);
}

function synopsis(): string[] {
  const flags = flagsOf(null);
  const short = flags.filter((flag) => flag.kind === "switch" && flag.short !== undefined);
  const letters = short.map((flag) => flag.short).join("");
  const values = flags.filter((flag) => flag.short !== undefined && flag.value !== undefined);
  return [
    ".Nm",
    `.Op Fl ${letters}`,
    ...values.map((flag) => `.Op Fl ${flag.short} Ar ${plain(flag.value ?? "")}`),
    ...COMMANDS.flatMap((command) => [
      ".Nm",
      `.Cm ${command.name}${argumentsOf(command).join("")}`,
    ]),
  ];
}

function ownFlags(name: Command["name"]): Flag[] {
  return FLAGS.filter(({ commands, onlyCommands }) => onlyCommands && commands?.includes(name));
}

/** The words that a command takes, and the flags that it cannot do without. */
function argumentsOf({ name, required, takesMany, words }: Command): string[] {
  const needed = ownFlags(name).filter((flag) => flag.required === true);
  const taken = words.map((word, index) => {
    const more = takesMany === true && index === words.length - 1 ? " ..." : "";
    return index < required ? ` Ar ${word.name}${more}` : ` Oo Ar ${word.name}${more} Oc`;
  });
  return [...taken, ...needed.map((flag) => ` ${flagMacros(flag)}`)];
}
