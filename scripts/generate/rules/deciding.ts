import { DEFAULTS } from "../../../src/cli/settings.ts";
import * as limits from "../../../src/model/limits.ts";
import { LEAST_FAULT_SHARE } from "../../../src/policy/faults.ts";
import { EVERY_RULE } from "../../../src/policy/rules.ts";
import { inSeconds, plain, prose, section, tagged } from "../mdoc.ts";

/** How much a leak must have taken, by how long tasks have stalled for it. */
const patience = [
  '.Bl -tag -compact -width "after 14 s"',
  ...limits.LEAK_PATIENCE.map(([stallMs, times]) => {
    const when = stallMs === 0 ? "at first" : `after ${inSeconds(stallMs)}`;
    return `.It ${when}\n${times === 1 ? "as much as" : `${times} times what`} is left`;
  }),
  ".El",
].join("\n");

function timesInTime(points: readonly (readonly [number, number])[]): string {
  return points
    .map(
      ([stallMs, times]) =>
        `${times === 1 ? "as much as" : `${times} times what`} is left after ${inSeconds(stallMs)}`,
    )
    .join(", and ");
}

const giants = limits.GIANTS.map(
  ({ patience: points, share }) =>
    `${share * 100} percent of RAM must have taken ${timesInTime(points)}`,
).join("; one that took ");

const workTimes = timesInTime(limits.WORK_PATIENCE.slice(1));

/** Words that mean one thing here. */
export const TERMS = section(
  "TERMS",
  tagged([
    [
      "available memory",
      prose(`
        MemAvailable of /proc/meminfo, what ZFS would give back, and, before a victim is chosen,
        what is free on the lists of single processors (/proc/zoneinfo), which MemAvailable leaves
        out: up to 5 percent of a machine of 1 GiB, 0.3 percent of one of 24 GiB. Shares of it are
        shares of all memory but huge pages and the shared memory that was there before memory began
        to run out: no process can give those back.`),
    ],
    [
      "limit",
      prose(`
        Available memory has a soft limit (--mem, ${DEFAULTS.mem.softPercent} percent) and a hard
        one (${DEFAULTS.mem.hardPercent} percent), and so has free swap (--swap). At the soft limits
        SIGTERM comes first; at the hard ones there is no time for it. Memory is low while available
        memory is at its soft limit or below, however much swap is free.`),
    ],
    [
      "stall",
      prose(`
        The time in which at least one task waits for memory: total= of the line some in
        /proc/pressure/memory, which is exact at any moment. The averages there, such as avg10,
        follow seconds later and stay high for up to 14 s after memory is back.`),
    ],
    ["what is left", "Available memory and free swap together."],
    [
      "loss",
      prose("What of that is gone since memory was comfortable; see WHO TOOK WHAT WAS LOST."),
    ],
    ["victim", "The process that is killed."],
  ]),
);

export const WAITING = section(
  "WAITING",
  prose(`
    bustd has one thread, which sleeps in poll(2). Four things wake it: the kernel, when tasks stall
    for ${limits.TRIGGER_STALL_US / 1000} ms within ${inSeconds(limits.TRIGGER_WINDOW_US / 1000)};
    a signal; the end of a victim; and the clock. Without CAP_SYS_RESOURCE the kernel wakes it only
    after ${limits.PLAIN_TRIGGER_STALL_US / 1000} ms within
    ${inSeconds(limits.PLAIN_TRIGGER_WINDOW_US / 1000)}.

    The clock wakes it before memory could reach its limit even if a program fills
    ${limits.FILL_MIB_PER_S} MiB of it each second; at the limit, before swap could reach its own at
    ${limits.SWAP_FILL_MIB_PER_S} MiB each second. It sleeps for ${limits.SHORTEST_SLEEP_MS} ms at
    least, and for ${inSeconds(limits.LONGEST_SLEEP_MS)} at most; for ${limits.NEAR_LOOK_MS} ms at
    most while available memory is less than ${limits.NEAR_PERCENT} percentage points above its
    limit; and for ${limits.DYING_LOOK_MS} ms while a victim is dying.

    A look reads no more than it must. While much of RAM is free (not merely available) it asks
    sysinfo(2) alone, and once a minute /proc/meminfo, since a container may be given its limit
    while it runs; then /proc/meminfo each time; and also /proc/pressure/memory and /proc/vmstat, at
    each look while a rule may act, else every ${inSeconds(limits.WHOLE_LOOK_MS)}.

    Where it may, bustd runs at the lowest real-time priority (SCHED_FIFO), or else at nice -20:
    in a fork storm any other process gets no processor, and no memory to read a file with.`),
);

/** What each rule looks at; a test holds the names to those of the program. */
export const RULE_TEXTS: Readonly<Record<string, string>> = {
  exhaustion: prose(`
    For leaks without swap, and the last line of defence. It acts when available memory and free
    swap are both at their soft limits or below; without swap, available memory alone. When both are
    at their hard limits, SIGKILL comes at once. --mem 0 switches this rule off; the others then
    take ${limits.SCARCE.softPercent} percent for low memory.`),
  thrashing: prose(`
    For working sets larger than memory. It acts when memory is low, and in each third of the last
    ${inSeconds(limits.THRASH_MS)}, or of the last ${inSeconds(limits.THRASH_LASTING_MS)}, tasks
    stalled the share of --psi, and of the memory that was filled
    ${limits.THRASH_REFILLED_PERCENT} percent or more was read back: it had been evicted although it
    was in use. A leak, or a program that starts, fills memory with something new, and evicts what
    nobody misses; what is missed soon has come back. It does not act while hardly anything is
    evicted for what comes back, or somebody gives memory back: there is room for it. Nor when half
    or more of it comes from swap, and all that is still there fits, and is back within a minute.
    What is read back from swap, and major faults, count even where the kernel does not count that
    as in use, as with MGLRU.
    bustd scans twice, ${inSeconds(limits.FAULTS_MS / 2)} apart or more, to see who has major faults
    and who still takes: both count. A process that took a tenth of what was lost, and takes as fast
    as ${limits.LEAST_PACE * 100} percent of its own pace or had half of all major faults, is killed
    at once; for any other one it must be so in the last ${inSeconds(limits.THRASH_LASTING_MS)}.
    While half of all major faults are of processes in cgroups at their own limits, or of children
    of theirs that ended, no process is killed that had not half as many, unless it took half of
    what was lost and still takes.
    Files count as available also while they are in use. So above its limit it acts as well, where
    there is swap: if tasks stalled ${limits.THRASH_ABOVE_TIMES} times that share for the shorter
    time, or that share for the longer one; if ${limits.THRASH_SWAPPED_IN_PERCENT} percent or more
    of what is read back is from swap; and if without the files that are read back no more than the
    limit is available. Nobody is killed then but who took a tenth or more of what was lost, had
    half of all major faults since a moment ago, and is in no cgroup at its own limit. So who reads
    a file larger than memory waits alone.`),
  leak: `${prose(`
    For leaks with swap, long before swap is full. It acts when memory is low, tasks stalled at
    least the share of --psi in the last ${inSeconds(limits.STILL_WINDOW_MS)}, what is left shrinks,
    and one process, one group, or else all that grow together, took ${limits.TAKER_SHARE * 100}
    percent or more of what was lost of late. That must have taken so much that as much again will
    not fit. Where all swap is zram, which is compressed into RAM, what is free of it counts only as
    far as it helps: by how well pages compressed that went there in the last
    ${inSeconds(limits.LOSS_WINDOW_MS)}, and before. The longer tasks have stalled since memory
    became low, the less is needed. That begins anew when they stalled for no more than
    ${inSeconds(limits.QUIET_STALL_MS)} in
    ${inSeconds(limits.QUIET_MS)}, or nothing was taken in that time. Once
    it is ${inSeconds(limits.LEAK_STALL_MS)} it must have taken as follows; from one time to the
    next, here and below, the number changes in a straight line:`)}
.Pp
${patience}
.Pp
${prose(`
    ${limits.STEADY_TIMES} times are enough for a fork storm; for a group of which one was killed in
    the last ${inSeconds(limits.STRUCK_MS)}, once the others have taken what that gave back; and for
    a process that has taken for ${inSeconds(limits.STEADY_MS)} or longer at the rate that memory
    was lost at before it was low, and goes on at ${limits.STEADY_SHARE * 100} percent or more of
    that, or, if that is less, at the share of time in which no task waits; and, after
    ${inSeconds(limits.STEADY_GROUP_STALL_MS)}, for several. Of a process that has run
    for ${limits.BUSY_SHARE * 100} percent of its life, or was ready to and waited for a processor,
    ${inSeconds(limits.BUSY_STEADY_MS)} are asked for: a program that starts takes as fast as it
    can, and has soon done; a leak goes on, and sleeps meanwhile. A process that took
    ${giants}. While what is left would last for more than ${inSeconds(limits.LASTS_MS)} at the
    rate from before, and at that of now, a process that has run for so much of its life, as a
    linker has, and several, such as compilers, must have taken no less than
    ${workTimes}; of several only the time counts in which all tasks waited at once, or
    ${limits.LEAST_FULL_SHARE * 100} percent of the time in which any did. It is no leak when most
    of what several took is held by those who have stopped growing: a browser that restores its
    tabs.`)}`,
  frozen: prose(`
    For whatever else makes all tasks wait. It acts when memory is low, tasks stalled
    ${limits.FROZEN_PERCENT} percent of the last ${inSeconds(limits.FROZEN_WINDOW_MS)} and of the
    last ${inSeconds(limits.STALL_WINDOW_MS)}, and what is left moved by no more than
    ${limits.FROZEN_MOVED_PERCENT} percent of RAM in that time, up or down: waiting does not
    help. Pages must have been read back meanwhile, or tasks have searched for free ones, as often
    as explains the stalls: a service that is slowed down at its MemoryHigh= sleeps, and stalls
    alone. Nor does it act when half or more of what is read back comes from swap, and all that
    is still there fits, and is back within a minute. It kills no process merely for its size:
    only one that took a tenth or more of what was lost, or had
    ${LEAST_FAULT_SHARE * 100} percent or more of all major faults since a moment ago.
    The faults of processes in cgroups at their own limits count as they do for thrashing.`),
  when: prose(`
    Conditions of your own, which stand in place of all other rules; see bustd.toml(5). When both
    hard limits are reached, SIGKILL comes at once.`),
};

export const DECIDING = section(
  "DECIDING",
  prose(`
    A rule says when a process must be killed. The rules are asked in this order, and the first that
    says so decides. The log names it, with each number and its limit.`),
  tagged(
    EVERY_RULE.map(({ because, name }) => [
      `Sy ${plain(name)}`,
      `${prose(`In the log: ${because}.`)}\n.Pp\n${RULE_TEXTS[name] ?? ""}`,
    ]),
  ),
  ".Pp",
  prose(`
    The share of --psi is ${DEFAULTS.psi} percent; 0 switches thrashing, leak and frozen off, and on
    a kernel without PSI they are off. They act only while the machine itself has to free memory:
    the stalls of a container at its own limit count for nothing.

    When a rule says so, a victim is chosen, and then everything is read once more and the rules are
    asked again. If it got better meanwhile, no process is killed, and the log says that. After
    a kill only new stalls count.`),
);
