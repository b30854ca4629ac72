/** Every constant that shapes when the daemon looks and acts, with its unit and its origin. */

/** SIGKILL follows SIGTERM after this long; the original's. */
export const TERM_TO_KILL_MS = 500;
/** A victim that still exists this long after SIGKILL is stuck in the kernel; the original's. */
export const STUCK_MS = 10_000;
/** Those of a family who were born meanwhile must not wait so long; each ends within 0.4 s. */
export const FAMILY_STUCK_MS = 1_000;
/** A process that could not be ended is left out of the choice for this long. */
export const REFUSED_MS = 60_000;
/** While a victim is dying, memory is looked at this often. */
export const DYING_LOOK_MS = 20;

/** Stalls are judged over this window: avg10 moves only every 2 s … */
export const STALL_WINDOW_MS = 1_000;
/**
 * … and must go on in this one: avg10 stays high for up to 14 s after relief. It alone shows that a
 * leak has come to where it hurts; whether it is one, its size tells.
 */
export const STILL_WINDOW_MS = 500;
/** Where a condition asks for avg10 itself, it is not believed for so long after a kill. */
export const AVG10_OLD_MS = 15_000;
/**
 * Tasks that stall this share of this window are as good as frozen, whatever the reason. A program
 * that starts and drives idle ones into swap stalls everybody by 85 %, but for 2 to 3 s (measured).
 */
export const FROZEN_PERCENT = 75;
export const FROZEN_WINDOW_MS = 5_000;

/** Little memory where the user switched the limits of available memory off; the defaults. */
export const SCARCE = { softPercent: 10, hardPercent: 5 };

/**
 * Memory read back after it was evicted in use, percent of RAM per second. Measured on 1 GiB: a
 * working set that does not fit 2.3 to 7, a program that starts 1.1, a leak 1.1, copying files 0.
 */
export const REFAULT_PERCENT = 1.6;
export const REFAULT_WINDOW_MS = 2_000;

/**
 * Memory and swap together must have shrunk in this window for a leak to be suspected, or in the
 * last half second: a storm comes out of the blue …
 */
export const GROWTH_WINDOW_MS = 2_000;
/** … and one must have grown by more than the steps of `oom_score`, percent of RAM and swap. */
export const GROWTH_NOISE_PERCENT = 0.4;
/**
 * What somebody who grows is expected to take on top, as a share of what it has; as much again from
 * the time on when it holds half of RAM, twice as much when it holds all of it and never will fit.
 * Measured with zram on 1 GiB: when tasks begin to stall, a leak holds 58 to 66 % of RAM, 1.1 to
 * 1.4 times what is left. Newcomers who want 34 or 41 % while others hold 60 % come to 1.3 or 2.6
 * times what is left before all is calm.
 */
export const GROWS_ON = 1 / 3;
export const LARGE_GROWS_ON = 1;
export const LARGE_PERCENT = 50;
export const HUGE_GROWS_ON = 2;
export const HUGE_PERCENT = 100;

/** A PSI trigger's stall in its window, where the kernel lets us choose; lmkd's 70 ms in 1 s. */
export const TRIGGER_STALL_US = 70_000;
export const TRIGGER_WINDOW_US = 1_000_000;
/** … and for processes without CAP_SYS_RESOURCE: multiples of 2 s only. */
export const PLAIN_TRIGGER_STALL_US = 150_000;
export const PLAIN_TRIGGER_WINDOW_US = 2_000_000;

/**
 * Faster than one thread fills memory, MiB/s: measured 1,000 to 3,000. Several can do 10,000; on a
 * machine so large that they have the time, the kernel's PSI trigger wakes the daemon.
 */
export const FILL_MIB_PER_S = 4_000;
/** Fastest swap was ever seen to fill, on zram; earlyoom's. */
export const SWAP_FILL_MIB_PER_S = 800;
export const SHORTEST_SLEEP_MS = 20;
export const LONGEST_SLEEP_MS = 10_000;
/** Memory is scarce up to this much above the limit: the daemon looks more often then … */
export const SCARCE_ABOVE_PERCENT = 10;
/** … at least this often; while no rule could act, it looks at everything no more often than … */
export const SCARCE_LOOK_MS = 100;
export const WHOLE_LOOK_MS = 1_000;
/** … this, and else at memory alone, until one in so many parts of what is above it is lost. */
export const SLACK_OF_HEADROOM = 8;
/** Who is how large is noted no more often than this, when what is left has changed by … */
export const SIZES_MS = 1_000;
/** … this share of RAM, or when the notes are so old. */
export const SIZES_MOVED_PERCENT = 0.4;
export const OLD_SIZES_MS = 60_000;

/**
 * A crisis is over when nobody had to be ended for so long, and hardly anybody waits. Who could not
 * be ended is forgotten then: no shorter than `REFUSED_MS`.
 */
export const TROUBLE_MS = 60_000;
export const CALM_AVG10 = 1;

/** One thread fills less than this above the limit before the daemon has armed itself, 0.1 s. */
export const AMPLE_KIB = 256 * 1024;
/** Memory that swings around what is ample would have the daemon start again and again. */
export const AMPLE_AGAIN_PERCENT = 5;
/** Where memory is scarce for good, it starts afresh when nothing has changed for so long. */
export const STILL_MS = 5_000;
/** So much of what a start reads is fetched from disk between two looks. */
export const FETCH_BYTES = 4 * 1024 * 1024;
/** A start in place that failed is not tried again before this. */
export const RETRY_MS = 600_000;

/** Who was started so long before the youngest of a family is none of its making. */
export const STORM_MS = 60_000;

/** A suspected leak that is none yet is looked at closely again after this long. */
export const SUSPECT_MS = 250;
/** When nobody can be ended, somebody is looked for this often, and it is said this often. */
export const NOBODY_QUIET_MS = 1_000;
export const NOBODY_SAID_MS = 60_000;
/** A dry run does not say the same thing more often than this. */
export const DRY_RUN_QUIET_MS = 10_000;
