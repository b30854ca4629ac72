import { literal, prose, section } from "./mdoc.ts";

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
