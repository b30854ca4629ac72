import { literal, prose, section, tagged } from "./mdoc.ts";
import { SAMPLES } from "./samples.ts";

/** How to see what it would do before it may do it. */
export const TRIAL = section(
  "A SAFE TRIAL",
  prose(`
    A dry run watches like any other, and says in the log which process it would kill, but sends no
    signal:`),
  literal(["bustd -n --dry-run"]),
  ".Pp",
  prose(
    "To see such a line at once, raise the limits. This one runs beside another bustd as well:",
  ),
  literal(["bustd -n --dry-run --pid-file none --mem 100 --swap 100"]),
  ".Pp",
  prose(`
    The self-test shows that kills work here: the daemon's own loop kills two children of bustd, of
    32 MiB each, and sees no other process. The first obeys SIGTERM, the second takes SIGKILL:`),
  literal(["bustd selftest"]),
  ".Pp",
  prose(`
    To see the daemon itself kill a program, with nothing else in reach, give bustd and a program
    that takes memory a PID namespace of their own: what runs there sees, and can kill, nothing
    outside. The limit is to be just below what is available. As root, where that is 80 percent:`),
  literal([
    "unshare -p -f --mount-proc sh -c '",
    "  bustd -n --pid-file none --mem 78 --swap 100 & sleep 3",
    "  head -c 4G /dev/zero | tail; sleep 1'",
  ]),
  ".Pp",
  prose(`
    Here tail(1) takes memory, 4 GiB at most. With bustd it is killed at the limit.`),
);

/** Beginnings of lines, and what they mean; a test holds them to what is printed. */
export const LINES: readonly (readonly [string, string])[] = [
  [
    "acting when",
    "The start: which limits hold, and what is available. In a dry run it begins with dry run.",
  ],
  [
    "killing",
    "A kill: the victim, the signal, the rule with each number and its limit, what was lost and " +
      "how much of it the victim took, and the process that would be killed next.",
  ],
  ["killed", "The end of it: by which signal, after which time, and what is available now."],
  [
    "it got better",
    "A rule asked for a kill, but before the signal was sent it was not needed any more.",
  ],
  [
    "nobody is killed, although",
    "Tasks stall and memory is low, but whoever would be killed took next to nothing of what was " +
      "lost and hardly waits, or most who wait are in cgroups at their own limits: to kill it " +
      "would not help.",
  ],
  ["nobody can be killed", "A rule asks for a kill, but each process is protected or too small."],
  ["dry run, would kill", "What a dry run says in place of a kill."],
];

/** What is written, and where to find it. */
export const LOG = section(
  "LOG",
  prose("A kill is two lines, which may be wrapped here:"),
  literal([SAMPLES.killing, SAMPLES.killed]),
  ".Pp",
  prose(`
    bustd-rules(7) explains the first of them part by part. Lines go to different places, by how it
    was started, and each of these finds the kills:`),
  tagged([
    ["by systemd", ".Dl journalctl -u bustd | grep kill"],
    ["in the background", ".Dl grep kill /var/log/bustd.out"],
    ["with -n", ".Dl bustd -n | grep kill"],
  ]),
  ".Pp",
  prose(`
    All that happens goes to standard output, which is bustd.out; what is wrong with bustd or the
    machine, and should be put right, to standard error, which is bustd.err. The journal gets both,
    with a priority for each line; of kills also with fields, so that journalctl BUSTD_VICTIM_PID=42
    or BUSTD_RULE=leak finds them, and an explanation that journalctl -x shows. Lines begin
    with the time in UTC, as in RFC 3339, but not where the journal or a terminal shows them. They
    begin, behind it, with:`),
  tagged(LINES.map(([line, text]) => [`"${line}"`, prose(text)])),
  ".Pp",
  prose(`
    Names are chosen by strangers: in a line, what cannot be printed is \\xNN or \\u{NNNN}. bustd
    never waits for a reader or a disk: a line that cannot be written at once is lost, and the next
    one says how many were. --hourly adds a line an hour with the least that was available,
    --verbose one for each look.`),
);

export const SIGNALS = section(
  "SIGNALS",
  tagged([
    [
      "Dv SIGHUP",
      prose(`
        Read the configuration again, and in the background open the log files again. A broken
        configuration leaves the old one in force, and the log says what is wrong. While a victim is
        dying, this waits.`),
    ],
    [
      "Dv SIGTERM , SIGINT , SIGQUIT",
      prose("Stop. The pid file is removed, and the exit status is 0."),
    ],
    [
      "Dv SIGUSR1",
      prose(`
        Keep how things stand as an incident: the readings of the last minutes, and which processes
        would be killed first. Nobody is killed. explain tells of it a second later. While a victim
        is dying, this waits.`),
    ],
    [
      "Dv SIGUSR2",
      prose(`
        With a value, as sigqueue(3) sends it, and warn = true: the process of that pid, if it is
        the daemon's own user's, is spared; see WARNINGS. Otherwise nothing.`),
    ],
    [
      "Others",
      prose(`
        Nothing, but for those that no program survives, stop it, or tell of a fault in it.`),
    ],
  ]),
);

export const FILES = section(
  "FILES",
  tagged([
    [
      "Pa /etc/bustd/bustd.toml , /etc/bustd/bustd.toml.d/*.toml",
      "Configuration; see\n.Xr bustd.toml 5 .",
    ],
    ["Pa /usr/lib/bustd/bustd.toml", prose("The distribution's, read before those.")],
    [
      "Pa /var/run/bustd.pid",
      prose(`
        The pid, locked for as long as bustd runs, so that only one does. See --pid-file. In /tmp
        for users other than root.`),
    ],
    [
      "Pa /run/bustd/ring , /run/bustd/daemon.json",
      prose(`
        The flight recorder, with the readings of the last minutes, and what the running daemon
        says of itself. Below XDG_RUNTIME_DIR for users other than root.`),
    ],
    [
      "Pa /var/lib/bustd/incidents",
      prose(`
        Incidents, which root and its group may read. Below XDG_STATE_HOME for users other than
        root.`),
    ],
    [
      "Pa /run/bustd/warned.json",
      prose("The last warning of a daemon that warns; below XDG_RUNTIME_DIR for users."),
    ],
    ["Pa /run/bustd-notices/UID.json", prose("What concerns a user; see HOOKS AND NOTICES.")],
    [
      "Pa $XDG_STATE_HOME/bustd/notified",
      prose("Which incidents were shown, so that none is shown again."),
    ],
    [
      "Pa /var/log/bustd.out , /var/log/bustd.err",
      prose(`
        The log of a daemon in the background. In /tmp for users other than root. logrotate(8) may
        move them away and send SIGHUP.`),
    ],
  ]),
);
