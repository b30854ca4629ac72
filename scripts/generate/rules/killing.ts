import * as limits from "../../../src/model/limits.ts";
import { inSeconds, prose, section } from "../mdoc.ts";

export const KILLING = section(
  "KILLING",
  prose(`
    The signal comes first, and then the line in the log: nothing that is written can delay a kill.
    A pidfd makes sure that no other process is hit to which the victim's pid was given meanwhile.

    SIGTERM is followed by SIGKILL after ${inSeconds(limits.TERM_TO_KILL_MS)} (--kill-after, or
    kill-after of a rule), at once when available memory and free swap are at their hard limits. Who
    gave back more than ${limits.GIVING_BACK_SHARE * 100} percent of its memory in that time is
    ending in good order, and gets as long again: SIGKILL would spoil that, as it makes PostgreSQL
    end all its sessions. A fork storm gets SIGKILL in any case. With SIGKILL a victim gets nice
    -20, so that it finds a processor to end on. If after that a single victim gives back nothing
    for ${limits.LINGERS_MS} ms, its memory is freed by process_mrelease(2), which needs Linux 5.15,
    unless something holds the lock of its memory: to see that, its command line is read on a
    second thread, as rules on cmdline have it read.

    No other process is killed until the victim is gone and memory was measured again. Only a victim
    that gives nothing back is not waited for: one that hangs in the kernel, or is gone while
    swapoff(8) holds its memory. When it has given nothing back for
    ${inSeconds(limits.SOFT_STUCK_MS)} after SIGKILL, or for ${inSeconds(limits.HARD_STUCK_MS)} when
    memory is at the hard limits, the next one may be killed. After ${inSeconds(limits.STUCK_MS)} of
    nothing it is given up, and not chosen again for ${inSeconds(limits.REFUSED_MS)}. Nor is a
    process chosen for that long which bustd has no right to kill. A victim
    gives back as well while memory comes back to the machine: of a process that frees its memory
    the kernel shows nothing.

    When no process can be killed, a victim is looked for every
    ${inSeconds(limits.NOBODY_QUIET_MS)}, and the log says so every
    ${inSeconds(limits.NOBODY_SAID_MS)}. A dry run looks for one every
    ${inSeconds(limits.DRY_RUN_QUIET_MS)}, and says which process it would kill: the same one again
    only after memory came back.`),
);

export const FOOTPRINT = section(
  "WHAT IT COSTS",
  prose(`
    bustd holds the Bun runtime, which takes tens of MB to start. Of these it needs a few to
    run; but what it needs must be in memory when memory runs out, for then the disk is slow. So
    after the start it rehearses all that it may have to do, kills and log lines included,
    without doing any harm. It gives back every page that the rehearsal did not touch, and locks
    the others. With --no-trim it gives nothing back.

    To lock all memory takes CAP_IPC_LOCK or LimitMEMLOCK=infinity, which the unit has. Without them
    bustd locks the pages that are in memory, as far as its limit allows, and says how much that is.

    After a kill it holds more than before. So when no process had to be killed for
    ${inSeconds(limits.OVER_MS)}, and tasks do not stall, it starts itself again in place, with the
    same pid and the same settings.

    The README has the commands that measure it.`),
);
