import { literal, prose, section, tagged } from "./mdoc.ts";

/** How people at a desktop are told. */
export const NOTICES = section(
  "NOTICES ON THE DESKTOP",
  prose(`
    In a graphical session each user is shown which of their own processes were killed, in one
    notice for all of them, with the button Why? that opens the report. Nothing of bustd runs
    meanwhile: the user's systemd waits for a new file, by bustd-notify.path, and starts bustd
    notify, which speaks to the session's notification server itself, waits for an answer for a
    quarter of an hour at most, and ends. At the start of a session it shows what was killed
    within the last day. The processes of services are for the journal, not for desktops.`),
  ".Pp",
  prose("Both are enabled for all users. One who wants none of it:"),
  literal(["systemctl --user mask bustd-notify.path bustd-notify.service"]),
  ".Pp",
  prose(`
    Desktops that systemd does not start run /etc/xdg/autostart/bustd-notify.desktop instead. It
    has the user's systemd wait all the same; only where there is none it stays as bustd notify
    --watch, which looks every two seconds, with 45 MB, most of them pages of the executable that
    the kernel can drop.`),
  ".Pp",
  prose(`
    notify exits with 0 when it has shown all there was, or there was nothing new, and with 1 when
    it cannot: no session bus, no notification server, or one that does not answer within 10
    seconds, which one line on standard error says. What could not be shown is shown the next
    time.`),
  ".Pp",
  prose(`
    There is no signal on the system bus as earlyoom and nohang have it. Any local user can send
    such a signal, and so put any text before everybody else; a second program has to listen in
    each session; and everybody would learn the names of everybody's processes. A file
    of one's own needs none of that.`),
);

/** What is said before a kill, and what may be done about it. */
export const WARNINGS = section(
  "WARNINGS",
  prose(`
    With warn = true, as the user instance has it (systemctl --user enable --now bustd), the
    daemon warns before it kills: once, in one line of the log that says who takes memory and how
    long is left at this rate, and not again within ten minutes, unless that one has stopped and
    another one takes memory now: of that it is told once. It warns from afar when a process, or
    several of one making, took memory for half a minute or more, steadily, and when as much was
    lost in that time as is left above the limits, and still takes most of what is lost some
    seconds later; and near them, when memory is at
    its limit and goes on into swap, with two thirds of the evidence that the rule leak needs:
    that may be seconds before the kill, or less than one. A warning changes nobody's kill;
    looking for whom to warn of may delay it by a tenth of a second. With conditions of your own
    (when) there is none.
    Nothing is said where the limits are reached within half a minute and there is no swap, nor
    where what is in use does not fit and nobody takes more.`),
  ".Pp",
  prose(`
    In a graphical session the warning of a user's own daemon is a notice with two buttons, for as
    long as the process lives, and a quarter of an hour at most:`),
  tagged([
    [
      "Sy End it",
      prose(`
        Sends SIGTERM to that process, if it is still the same and the user's own, and to no
        other.`),
    ],
    [
      "Sy Spare it",
      prose(`
        Asks the user's own daemon to leave it alone for ten minutes. While its turn would come
        nobody else is killed in its place. It is killed all the same when available memory and
        free swap are at their hard limits, and when it is one of a storm of processes that start
        one another. The system's daemon does not wait: it knows nothing of this.`),
    ],
  ]),
  ".Pp",
  prose(`
    Without a desktop the second one is SIGUSR2 with the pid as its value, which the kernel lets
    nobody send to a daemon of somebody else's but root. The shell's own kill knows no values, so
    that of the system is called; here for process 4242:`),
  literal(['env kill -s USR2 -q 4242 "$(systemctl --user show -P MainPID bustd)"']),
);
