import { DEFAULT_RULES } from "../../../src/cli/default-rules.ts";
import * as limits from "../../../src/model/limits.ts";
import { MANY_BORN, MANY_BORN_TIMES } from "../../../src/policy/groups.ts";
import { FAULT_POINTS } from "../../../src/policy/faults.ts";
import { bullets, inSeconds, prose, section, subsection } from "../mdoc.ts";

const names = DEFAULT_RULES.filter(({ avoid }) => avoid === undefined).map(({ name }) => name);

export const LOSS = section(
  "WHO TOOK WHAT WAS LOST",
  prose(`
    The largest process is often not the one that takes the memory. So bustd notes how large all
    processes are while memory is comfortable, which is ${limits.COMFORTABLE_LIMITS} times its limit
    or more, and later measures from there: a leak of hours counts like one of seconds. The notes
    hold until what was lost is back, or until for ${limits.QUIET_TIMES} times as long as the loss
    took nothing more was lost, or less than a tenth to others than those who took most of it. They
    outlast a kill, and what the victim took is lost no more.

    A process explains the loss as far as it took it: the mean of its share since memory was
    comfortable and its share of late. One that took all of it and then stopped explains half. What
    it took of late counts as no more than five times its share of all: while a leak rests for a
    moment, nobody is killed for the little that was lost then. And it counts as no less than its
    share of all, times how fast it takes of late compared with its own mean pace: a slow leak that
    goes on has not stopped because a program that was just opened takes more for a moment.

    What counts is the memory that a process has of its own, in RAM and in swap. A process that was
    started since then took all that it has, but for what it had from its parent, and for its share
    of what only took the place of processes that are gone: of a build whose compilers come and go,
    only what all of them have now beyond what all of them had before. One that did not grow took
    nothing, however large it is. Pages of files count only where they are locked in memory since,
    all together for no more than is; so do new page tables. New shared memory counts for the
    processes that map it; and where nobody maps most of it, for those who have memfds open, or
    removed files of /dev/shm, in which it lies. What of it is swapped out by now, no file tells of
    a process: it counts for those who were seen with more than they show now, and is no more than
    what swap holds and is no process's own.

    A forked process, such as a database's that writes a snapshot, shares its pages with its parent.
    A page that either of them writes to is copied, and neither grows by that. So where processes
    were forked meanwhile, or up to ${inSeconds(limits.STORM_MS)} before, what no known process took
    counts as theirs, all together that one parent forked and that have most of what they have from
    it, if that is half of the loss or more, and half of what is missing. One of them is killed: the
    pages that it copied come back, and the parent goes on. When next to nothing came back, no other
    one is blamed until the crisis is over.

    What belongs to no process is named in the log when it is a tenth of the loss or more: shared
    memory and tmpfs, the kernel's own memory, huge pages; and what no known process took, when it
    is half.`),
);

const SCORE = subsection(
  "The score",
  prose(`
    The process with the highest score is the victim. bustd victims shows all of them, in order. A
    score is the sum of:`),
  bullets([
    `The kernel's oom_score. It is about 666 for a process that holds nothing, 667 more for one that
    holds all of RAM and swap, and two thirds of its oom_score_adj on top.`,
    `Up to ${limits.LOSS_POINTS} points for the part of the loss that it explains. That is more than
    size can be worth: a leak is chosen before an old and larger program that does not grow.`,
    `With thrashing and frozen, up to ${FAULT_POINTS} points for major faults: all of them for the
    process whose part of all faults since a moment ago, times its size, is the greatest. A small
    one that waits as much merely suffers. The more of the loss one process took, the fewer they
    are, and none when it is half. One that is avoided by 300 gets none.`,
    `${limits.LOSS_POINTS} points for one that is dead and dumps its core, where it holds as much as
    is missing: it gives that back only when all of it is written. Only SIGKILL ends that. One that
    is avoided by 300 gets none.`,
    `The points of rules: 300 more by --prefer, 300 less by --avoid, as many as the file says by its
    rules, 2000 less by ManagedOOMPreference=avoid. A process that is preferred by 300 gets twice
    the points for the loss, one that is avoided by 300 gets none. Preferring does nothing for a
    process whose oom_score_adj is negative.`,
  ]),
  ".Pp",
  prose(`
    --sort-by-rss puts the share of RSS in place of oom_score, and --oom-score-adj says how far
    oom_score_adj counts. When ${limits.VAIN_KILLS} kills in a row were in vain, size alone counts
    in place of oom_score: each gave back less than ${limits.VAIN_SHARE * 100} percent of what was
    missing, and explained less of the loss than that.`),
);

const NEVER = subsection(
  "Never chosen",
  bullets([
    "Init, threads of the kernel, bustd itself and its commands.",
    "A process whose oom_score_adj is -1000: choom(1), or OOMScoreAdjust= of a unit.",
    `What you protect: --unkillables, --ignore, --ignore-root-user, a rule with protect = true.
    Names have 15 bytes at most, as the kernel cuts off the rest; bustd check-config says so where a
    rule asks for more.`,
    `What ManagedOOMPreference=omit names, if root set it, or the user that bustd runs as.`,
    `A process that is exiting or dying, or that could not be killed in the last
    ${inSeconds(limits.REFUSED_MS)}.`,
  ]),
  ".Pp",
  prose(`
    A process of less than 16 MiB, or of less than 0.5 percent of RAM and swap if that is lower, is
    chosen only when no larger one can be, memory is missing, and all of them together hold that
    much. So where a condition of your own asks for more than the limits do, the small ones live.`),
);

const DEFAULTS = subsection(
  "Default rules",
  prose(`
    Unless --no-default-rules is given, these are protected: ${names.join("; ")}. The annotated
    bustd.toml lists the names. Any program can call itself by such a name. So the rules protect
    only processes of root, and those whose executable has that name and lies where only root
    installs programs, such as below /usr; to see executables of other users takes CAP_SYS_PTRACE. A
    process that only has the name gets 200 points less, which does not hide a loss that it
    explains. Package managers get 300 less.`),
);

const GROUPS = subsection(
  "Groups",
  prose(`
    Many processes may take together what none of them takes alone: leaking workers, the tabs of a
    browser. Three or more are a group when they have the same name and the same parent, process
    group or session; or the same user and the same executable or cgroup; or only the same user. A
    member is a process that took at least a quarter of what the one took that took most; a
    protected or avoided process never is. A group is chosen when it explains
    ${limits.GROUP_SHARE * 100} percent or more of the loss, no member took half of what the group
    took, and its score is the highest. It is not chosen before a process that alone took half
    of what was lost, no less than all of the group, goes on, and scores higher than each
    member. One that took half of what was lost, and rests, is still chosen before somebody who
    goes on and took less than an eighth.

    It is killed only as far as needed: first one member; when that was not enough, as many at once
    as give back what is missing or half of what was lost, whichever is less; at the hard limits all
    that is missing; each time with what the others take before one is gone. One that alone took
    half or more of what was lost of late comes first, if it took at least half as much as the one
    that took most; then the newest of the large ones; and the one that started the others last. So
    a browser that restores its tabs loses the tabs that do not fit, and one with a tab that leaks
    loses that.

    A fork storm is a group whose members are started without end: of those that were started in
    the last ${inSeconds(limits.STORM_MS)} many parents are the same program, or after
    ${limits.PATIENT_STRIKES} kills as many are new as died, or ${MANY_BORN} and ${MANY_BORN_TIMES}
    times as many as there were have been started since. It is killed as a whole, by SIGKILL, with
    members that took nothing yet, and those that it starts while it dies; if that is not enough,
    the process that starts them is killed as well, unless it leads a session. For
    ${inSeconds(limits.STRUCK_MS)} whatever is left of it is killed first.
    What its members may have from their parents counts as theirs as far as nobody else took it:
    the kernel does not tell which of it they have written anew.`),
);

const MORE = subsection(
  "What is killed together",
  prose(`
    Processes that share all their memory with the victim are killed with it: that memory is freed
    when all of them are gone. With --kill-pgroup, or by a rule with group, the victim's whole
    process group or cgroup is killed, but for what is protected.`),
);

export const CHOOSING = section("CHOOSING THE VICTIM", SCORE, NEVER, DEFAULTS, GROUPS, MORE);
