import { literal, prose, section, subsection, tagged } from "./mdoc.ts";

/** What hooks and users are told. */
export const ANNOUNCING = section(
  "HOOKS AND NOTICES",
  prose(`
    announce tells others what happened since it was run last: it runs the hooks of the
    configuration, which bustd.toml(5) describes, and leaves a notice for each user who lost a
    process. It is started when memory is back after a kill, or five seconds later at the latest,
    and after a warning; nothing of it stays. The daemon waits for none of this. A warning of the
    system's daemon is for hooks alone: users are warned by their own.`),
  ".Pp",
  prose(`
    With systemd, bustd-announce.path starts and stops with bustd.service, and starts
    bustd-announce.service when an incident is written. That runs as root with few rights: what
    its hooks may do, and how to give them more for a mailer or to write below /home, is written
    in that unit. To be rid of it: systemctl mask --now bustd-announce.path.`),
  ".Pp",
  prose(`
    Where there is no systemd the daemon itself starts announce beside it, and so does a user's own
    daemon everywhere: at nice 0, with nothing of its own but its outputs, and only if there are
    hooks or announce is true.`),
  ".Pp",
  prose(`
    Each hook is run once at the most for an event, one after the other, also where announce is
    started many times at once. That it was announced is written down before: if the machine ends
    between the two, the hook is not run. What happened more than five minutes before the first run
    of this boot is no news. A hook that is missing, that others can write, that fails, does not
    end or writes much is said in the log, with the first ten lines that it wrote, and changes
    nothing else.`),
  subsection(
    "Notices",
    prose(`
      The file /run/bustd-notices/UID.json belongs to the user with that number, and nobody else
      can read it; root's daemon leaves it. A user's own daemon leaves it in
      XDG_RUNTIME_DIR/bustd/notices. A new file takes the place of the old one as a whole. It is
      one JSON object:`),
    literal(['{ "version": 1, "incidents": [ {...}, ... ] }']),
    ".Pp",
    prose(`
      incidents are those of the last day in which a process of this user was killed, at most ten,
      the newest first. Each is as packaging/incident.schema.json describes, without the processes
      of other users: victims, candidates, spared, takers and the kernel's victims are those of
      this user, next is null where it was another's, group where not all victims were this
      user's. An incident may come twice, with more looks the second time; its id is the same.
      Members may be added; version changes when one goes or means something else.`),
    ".Pp",
    prose(`
      Nothing is left for root, nor for users whose number is not between UID_MIN and UID_MAX of
      login.defs(5) and who have no directory in /run/user: their kills are in the log.`),
  ),
);

/** What a hook has in its environment; the test holds the names to those that it gets. */
export const VARIABLES: Readonly<Record<string, string>> = {
  BUSTD_EVENT: "What it is run for: killed, recovered, nobody or warned.",
  BUSTD_KIND:
    "The kind of the incident: kill, nobody, warned, or kernel where the kernel itself killed.",
  BUSTD_INCIDENT: "Its id, for bustd explain.",
  BUSTD_TIME: "When, as in RFC 3339, in UTC.",
  BUSTD_MESSAGE: "What happened, in one sentence.",
  BUSTD_RULE: "The rule that acted.",
  BUSTD_PID:
    "The victim, the first of them if there were more; of a warning, the process that it is about.",
  BUSTD_UID: "Its user.",
  BUSTD_USER: "The name of its user, or the number again.",
  BUSTD_COMM: "Its name.",
  BUSTD_CGROUP: "Path of its cgroup.",
  BUSTD_COUNT: "How many were killed.",
  BUSTD_ENDING: "How it went: gone, stuck or interrupted.",
  BUSTD_FREED_KIB: "What memory and swap got back, KiB.",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/** What the members of a hook mean; the test holds the names to those that are understood. */
export const HOOK_KEYS: Readonly<Record<string, string>> = {
  on:
    "What it is run for, or a list: killed, a process was killed, by bustd or by the kernel; " +
    "recovered, memory is back after that; nobody, no process could be killed; warned, a " +
    "process may soon be killed (only with warn = true).",
  run:
    "The program, by its absolute path, and its arguments, as a list. No shell sees it. The " +
    "file, and each directory and link on the way to it, must belong to root, and others must " +
    "not be able to write them; with a user's own daemon they may be that user's.",
  timeout:
    "It is ended after this time with all that it started, by SIGTERM and two seconds later by " +
    "SIGKILL. The default is 30s, the longest 10m.",
  user:
    "Name or number of a user whose rights it has, with that user's own group alone; without " +
    "it, those of root, or of the user of a user's own daemon.",
};

/** The section of `bustd.toml(5)` about hooks. */
export function hooksSection(): string {
  return section(
    "HOOKS",
    prose(`
      A [[hook]] is a program that is run by bustd announce, after relief or when a warning was
      given and memory is not at its limit; see bustd(8). The daemon never runs one and never
      waits for one.`),
    tagged(Object.entries(HOOK_KEYS).map(([key, text]) => [`Cm ${key}`, prose(text)])),
    ".Pp",
    prose(`
      It runs in / and in a session of its own, with no descriptors but the three. On standard
      input it finds the incident as JSON. Its environment is nothing but this, with HOME, USER and
      LOGNAME where user is given:`),
    tagged(Object.entries(VARIABLES).map(([name, text]) => [`Ev ${name}`, prose(text)])),
    ".Pp",
    prose(`
      Names are chosen by strangers: in these variables, what cannot be printed is \\xNN or
      \\u{NNNN}. A variable whose value is not known is empty. What a hook leaves running in the
      background ends with it. Examples are in /usr/share/doc/bustd/examples/hooks.`),
  );
}
