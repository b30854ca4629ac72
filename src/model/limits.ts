/** Every constant that shapes when the daemon looks and acts, with its unit and its origin. */

// How a victim is killed.

/** SIGKILL follows SIGTERM after this long; the original's. */
export const TERM_TO_KILL_MS = 500;
/**
 * Who gave back more than this share of what it held by then is ending, and gets as long again: a
 * session of PostgreSQL with 1.4 GiB had given back 12 % after 0.5 s on a busy emulated processor,
 * and all of it after 1.5 s (measured).
 */
export const GIVING_BACK_SHARE = 1 / 20;
/** Memory that comes back counts in steps of `NOTE_STEP_PERCENT`, and of no more than this. */
export const MOST_STEP_KIB = 256 * 1024;
/** A victim that still exists this long after SIGKILL is given up; the original's. */
export const STUCK_MS = 10_000;
/**
 * A victim that gives back nothing for so long is not waited for: below the hard limits, and above
 * them. 1 GiB is freed within 0.1 s, and within 0.6 s on an emulated processor (measured).
 */
export const HARD_STUCK_MS = 700;
export const SOFT_STUCK_MS = 2_000;
/**
 * Only one that gives back nothing for so long after SIGKILL is helped by process_mrelease(2): that
 * starts a thread, for which 84 pages were read from disk in a crisis (`bench-oom --course`).
 */
export const LINGERS_MS = 240;
/**
 * A victim that is gone, but of what it took gave back less than this share, is waited for as long,
 * unless others take that: swapoff(8), or whoever reads its memory, still holds it.
 */
export const GIVEN_BACK_SHARE = 1 / 4;
/** A process that could not be killed is left out of the choice for this long. */
export const REFUSED_MS = 60_000;
/** A look each, while a victim is dying; and after a kill, until its story is written. */
export const DYING_LOOK_MS = 20;
export const AFTER_LOOK_MS = 500;
/** A kill takes so long on a machine that is short of memory, from the choice to the end. */
export const KILL_TAKES_MS = 500;
/** A group is remembered so long after one of it was killed … */
export const STRUCK_MS = 30_000;
/** … and is a storm when after so many kills as many members were born as were killed. */
export const PATIENT_STRIKES = 3;
/** A storm is of who was started in so long a time; who was long before is none of its making. */
export const STORM_MS = 60_000;
/**
 * So many kills in a row were in vain when each gave back less than this share of what is missing,
 * of processes that took less than this share of what was lost.
 */
export const VAIN_KILLS = 3;
export const VAIN_SHARE = 1 / 4;
/** Who shares all memory with one that grows has this share of its size at least when read. */
export const TWIN_SHARE = 1 / 2;

// The windows over which stalls and losses are judged.

/** Stalls are judged over this window: avg10 moves only every 2 s … */
export const STALL_WINDOW_MS = 1_000;
/** … and must go on in this one: avg10 stays high for up to 14 s after relief. */
export const STILL_WINDOW_MS = 500;
/** Memory and swap together must have shrunk in this window, or in the one above. */
export const LOSS_WINDOW_MS = 1_000;
/** Where a condition asks for avg10 itself, it is not believed for so long after a kill. */
export const AVG10_OLD_MS = 15_000;

/** Little memory where the user switched the limits of available memory off; the defaults. */
export const SCARCE = { softPercent: 10, hardPercent: 5 };

// The rules: `scripts/bench-oom.ts --course` shows the courses that their origins name.

/**
 * What is in use does not fit when in each third of so long tasks stall the share of `-p`, and so
 * much of what is filled had been evicted before, percent. Working sets that do not fit come to 73
 * to 100 % once they are complete, and to 30 % until then; a leak to 25 %. Newcomers that settle
 * come to 75 % for no longer than 2 s, and over 3 s at a time for no longer than 6
 * (`bench-random --seeds 26`).
 */
export const THRASH_MS = 3_000;
/** So long where tasks stall by fits and starts, or nobody goes on and size decides. */
export const THRASH_LASTING_MS = 9_000;
export const THRASH_SLICES = 3;
export const THRASH_REFILLED_PERCENT = 75;
/** Above the limit, where more is available, tasks must stall so many times as much for 3 s … */
export const THRASH_ABOVE_TIMES = 2;
/** … and so much of it is from swap (6 to 40 %, `mix-30-75`, `mix-60-45`): else one waits alone. */
export const THRASH_SWAPPED_IN_PERCENT = 3;
/**
 * No more than so many times what was evicted is read back: else there is room for it. Working sets
 * that do not fit come to 4 times, but to more for seconds after the kernel has evicted ahead.
 */
export const THRASH_MOST_TIMES = 10;
/** Who has major faults is measured from one scan to another, about so long after it. */
export const FAULTS_MS = 1_000;
/** Nobody is taken for a leak before all waited for so long; `LEAK_PATIENCE` goes on from there. */
export const LEAK_STALL_MS = 400;
/** When tasks stalled for no longer than this in so many milliseconds, that begins anew. */
export const QUIET_STALL_MS = 500;
export const QUIET_MS = 10_000;
/** Who takes more slowly than this share of its own pace has what it wants, as a newcomer has. */
export const LEAST_PACE = 0.1;
/** Whose doing a loss is has taken this share of it of late: one, a group, or all together. */
export const TAKER_SHARE = 0.5;
/**
 * `STEADY_TIMES` what is left is enough of who has taken for `STEADY_MS` at the rate from before
 * memory was low, and goes on at `STEADY_SHARE` of that, or at the share of time in which nobody
 * waits. Who has run for `BUSY_SHARE` of its life, or waited for a processor, must have taken for
 * `BUSY_STEADY_MS`: so do newcomers, for 10.5 s where half of 2 GiB is filled at 95 MiB/s.
 * Beside others on one processor the newcomers of `bench-random --seeds 4,26` ran for 66 to 72 % of
 * their lives until tasks stalled, and the leaks of `bench-oom` of 60 MiB/s for 42 to 46 %.
 */
export const STEADY_MS = 5_000;
export const BUSY_STEADY_MS = 12_000;
export const BUSY_SHARE = 0.6;
export const STEADY_SHARE = 0.5;
export const STEADY_TIMES = 0.6;
/** Of several, it is believed after so much stall. */
export const STEADY_GROUP_STALL_MS = 8_000;
/**
 * Who took such a share of all RAM, and lets everybody wait for so long, need have taken only so
 * many times what is left: a fast one fills RAM within seconds, before its own rate tells anything.
 * `tail /dev/zero` on 16 GiB, with 8 GiB of swap that takes 300 MB/s, went on for 15 s before
 * (simulated). A Python program of 67 % of 2 GiB beside idle ones of 26 % was 28 MiB from its end
 * after 3 s of stalls, with 1.3 times what was left.
 */
export const GIANTS = [
  { share: 0.7, patience: [[2_000, 1]] },
  {
    share: 0.5,
    patience: [
      [2_000, 2],
      [5_000, 1.5],
    ],
  },
] as const;
/**
 * Anybody else must have taken so many times what is left, after so many milliseconds of stalls.
 * Newcomers that fit come to 1.5 times what is left on 1 GiB with 512 MiB of swap, and to 2.3 with
 * 300 MiB, after up to 18 s of stalls on a processor that compresses 20 MB/s; to 4.5 times after
 * 7 s where they fit by a hair (`bench-random --seeds 4`).
 */
export const LEAK_PATIENCE = [
  [0, 5],
  [10_000, 5],
  [30_000, 2],
  [60_000, 1],
] as const;
/**
 * While what is left lasts for so long at the rate that memory had before it was low, one that has
 * run for most of its life may yet have done, and so may several; they need have taken so many
 * times what is left. SQLite of 655 MiB on 972 MiB, with 512 MiB of swap on a disk of 40 MB/s, had
 * done after 8 to 13 s of stalls, with 2.7 times; linkers after 11 s, with 1.8 times.
 */
export const LASTS_MS = 10_000;
export const WORK_PATIENCE = [
  [0, 5],
  [10_000, 5],
  [25_000, 1],
] as const;
/**
 * Of several, the time counts in which all waited at once, and this share of the time in which any
 * did: `make -j8` that fits had some wait for 87 s, all for 16 s, with 2.8 times.
 */
export const LEAST_FULL_SHARE = 1 / 5;
/**
 * Of a group, who took this share of it must still be growing, each at no less than this share of
 * the rate of all: a browser's tabs have what they want one after the other.
 */
export const GROWING_SHARE = 0.5;
export const GROWING_RATE = 0.25;
/** Tasks that stall this share of this window are as good as frozen … */
export const FROZEN_PERCENT = 75;
export const FROZEN_WINDOW_MS = 9_000;
/** … when what is left moves by no more than this share of RAM meanwhile. */
export const FROZEN_MOVED_PERCENT = 1;

// Choosing.

/** What somebody gets who took all that was lost: three times what all memory is worth. */
export const LOSS_POINTS = 2_000;
/** A group explains a loss when it took this share of it. */
export const GROUP_SHARE = 0.4;
/** A wider tie is no better than a narrower one unless it explains so much more. */
export const TIE_MARGIN = 0.1;
/** Memory is at ease with so many times its limit available, and this far above a high limit. */
// With -m 79 all memory would have had to come back: 22 of a browser's 24 tabs were killed for it.
export const RELIEF_LIMITS = 1.5;
export const RELIEF_PERCENT = 5;

// Who took what: `watch/ledger.ts`.

/** With so many times the limit available memory is comfortable: what was before is forgotten. */
export const COMFORTABLE_LIMITS = 4;
/** A loss is over when for so many times as long as it took nothing more was lost. */
export const QUIET_TIMES = 3;
export const TRICKLE_SHARE = 0.1;
export const SHORTEST_LOSS_MS = 3_000;
/** Sizes are noted anew when this share of RAM was lost, or came back … */
export const NOTE_STEP_PERCENT = 0.4;
/** … no more often than this, and far from the limits than this … */
export const NOTE_MS = 1_000;
export const NOTE_FAR_MS = 30_000;
/** … nor within so many times as long as it took … */
export const NOTE_REST = 20;
/** … and for no longer at a time than this: then memory is looked at. */
export const NOTE_SLICE_MS = 10;
/**
 * A choice waits for so long for the first note of all, where that much time is left: two looks
 * and a slice.
 */
export const UNKNOWN_MS = 50;
/** A scan for a victim looks at memory after so long: a single open(2) may take 30 ms and more. */
export const SCAN_SLICE_MS = 10;

// How often the daemon looks.

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
/** Up to this much above the limit the daemon looks at least this often. */
export const NEAR_PERCENT = 10;
export const NEAR_LOOK_MS = 100;
/** How tasks stall is read so often where no rule can act. */
export const WHOLE_LOOK_MS = 1_000;
/** What is left has not moved for so long: whole turns only so often; bench-footprint.ts. */
export const UNMOVED_MS = 10_000;
export const UNMOVED_LOOK_MS = 10_000;
/** Each word wakes systemd: its watchdog hears no more often than this, of half of its time. */
export const WATCHDOG_REST_SHARE = 0.25;
/** What could not be read is opened again no more often than this. */
export const REOPEN_MS = 1_000;

// What is said, and what follows a crisis.

/** A suspected leak that is none yet is looked at closely again after this long. */
export const SUSPECT_MS = 250;
/** Where nothing comes of a rule's scans, the time between two is so many times what one takes. */
export const REST = 10;
/** That it got better by itself is said no more often than this. */
export const CAME_BACK_SAID_MS = 60_000;
/** When nobody can be killed, somebody is looked for this often, and it is said this often. */
export const NOBODY_QUIET_MS = 1_000;
export const NOBODY_SAID_MS = 60_000;
/** A dry run looks for a victim this often. */
export const DRY_RUN_QUIET_MS = 10_000;
/**
 * A crisis is over when nobody had to be killed for so long, and hardly anybody waits. Who could
 * not be killed is forgotten then: no shorter than `REFUSED_MS`.
 */
export const OVER_MS = 60_000;
export const CALM_AVG10 = 1;
/** A start in place that failed is not tried again before this. */
export const RETRY_MS = 600_000;

// Warnings: `policy/warning.ts`.

/** Nobody is warned again within so long; a person can do no more in the time. */
export const WARN_QUIET_MS = 600_000;
/** Who is to be spared at a user's request is spared for so long. */
export const SPARED_MS = 600_000;
/** So many at the most, so that nobody fills the daemon with them. */
export const MOST_SPARED = 64;
/**
 * Far from the limits somebody must have taken for so long, which is longer than any newcomer took
 * that was measured (18 s); and what is farther away than that is no news.
 */
export const FAR_LEAST_MS = 30_000;
export const FAR_MOST_MS = 180_000;
/** What is left is remembered so often, which 64 times cover … */
export const FAR_SAMPLE_MS = 3_000;
/** … and in each of so many parts of the time this share of the mean was lost. */
export const FAR_PARTS = 4;
export const FAR_PART_SHARE = 0.5;
/** Who it is took this share of what may yet be taken: sizes may be noted for less long. */
export const FAR_TAKEN_SHARE = 0.5;
/** Who takes it is looked for no more often than this, or than this share of the time left. */
export const FAR_SCAN_MS = 10_000;
export const FAR_SCAN_SHARE = 1 / 4;
/** Who takes no more than this share of what is lost of late has stopped: a cache may yet move. */
export const STOPPED_SHARE = 0.1;
/**
 * Near them, so much of the evidence is enough that the rule `leak` needs, also before tasks stall.
 * With half of it newcomers that settle were warned of, and turns of two programs.
 */
export const NEAR_SHARE = 2 / 3;
/** Before that, who takes it is looked for no more often than this … */
export const NEAR_EVERY_MS = 1_000;
/** … and for no longer at a time than this: then the daemon must look itself. */
export const NEAR_SCAN_MS = 100;
