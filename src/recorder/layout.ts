/**
 * The file of the flight recorder, `ring` in the runtime directory: little-endian, 64 KiB. It is
 * made anew at each boot and outlives the daemon; a later daemon goes on where another stopped.
 * bustd-recorder(5), which is made from the places below, tells others of it.
 *
 * | bytes        | what                                                                       |
 * | ------------ | -------------------------------------------------------------------------- |
 * | 0 to 1023    | the header: magic, version, sizes, clock, counts; `At` has the places      |
 * | 1024 to 2559 | 48 hours of 32 bytes, each in the place of its number modulo 48; `Hour`    |
 * | 2560 to 3071 | 16 rules of 32 bytes with what they killed; `RuleAt`                       |
 * | 4096 to end  | two rings of rows of 64 bytes: 480 fine ones, then 480 coarse ones; `Row`  |
 *
 * The n-th row of a ring, counted from 1, lies in place (n - 1) modulo 480, with n at its beginning
 * and, written last, at its end: where the two differ it was just being written. Fine rows are at
 * least 100 ms apart, coarse ones 2 s: in a crisis the last 48 s are dense and the last 16 minutes
 * are there. Looks that are marked are kept whatever the distance.
 */

/** "BUSTRING" as two little-endian words. */
export const MAGIC = [0x54535542, 0x474e4952] as const;
/** A reader refuses a file of another one. */
export const VERSION = 1;

export const RING_BYTES = 65536;
const HEADER_BYTES = 4096;
export const ROW_WORDS = 16;

interface Band {
  /** Where its rows begin, in words. */
  readonly at: number;
  readonly rows: number;
  /** No two rows are nearer than this, unless they are marked. */
  readonly spacingMs: number;
  /** Where in the header its count stands, in words, and when its last row was written. */
  readonly written: number;
  readonly lastAt: number;
}

const ROWS = 480;

/** Places in the header: `…At` and `…Ms` in doubles of 8 bytes, all else in words of 4. */
export const At = {
  magic: 0,
  version: 2,
  headerBytes: 3,
  rowBytes: 4,
  fileBytes: 5,
  fineWritten: 6,
  coarseWritten: 7,
  pid: 8,
  /** 1 while it runs dry. */
  dryRun: 9,
  /** Times that memory came near the limit. */
  near: 10,
  /** Crises in which nobody could be killed. */
  nobody: 11,
  /** Kills that a dry run would have made. */
  wouldKill: 12,
  incidentsWritten: 13,
  incidentsLost: 14,
  /** The positive error number of the last one that was lost. */
  lostErrno: 15,
  /** The kernel's own kills since boot, and how many of them while a daemon looked. */
  oomKills: 16,
  oomKillsSeen: 17,
  /** Marks of looks that have no coarse row yet. */
  pendingMarks: 18,
  /** Starts since boot, starts in place not counted. */
  starts: 19,
  /** 16 bytes of /proc/sys/kernel/random/boot_id. */
  boot: 20,
  /** From here on in doubles, counted in units of 8 bytes. */
  wallOffsetMs: 16,
  clockAt: 17,
  startedAt: 18,
  lookAt: 19,
  nearAt: 20,
  fineAt: 21,
  coarseAt: 22,
  /** Of the last kill, wall clock; 0 when there was none. */
  killWallMs: 23,
  /** What kills gave back, as the daemon measured it. */
  freedKib: 24,
  /** Since boot, while a daemon looked: the least that was available, and when. */
  lowestKib: 25,
  lowestWallMs: 26,
  /** The hour up to which hours were told of, in hours since 1970; 0 where nobody wants that. */
  toldHour: 27,
} as const;

export const BOOT_BYTES = 16;

export const FINE: Band = {
  at: HEADER_BYTES / 4,
  rows: ROWS,
  spacingMs: 100,
  written: At.fineWritten,
  lastAt: At.fineAt,
};

export const COARSE: Band = {
  at: HEADER_BYTES / 4 + ROWS * ROW_WORDS,
  rows: ROWS,
  spacingMs: 2_000,
  written: At.coarseWritten,
  lastAt: At.coarseAt,
};

export type { Band };

/** Places in a row, in words; the time is a double in words 2 and 3. */
export const Row = {
  begin: 0,
  marks: 1,
  at: 2,
  wallS: 4,
  totalKib: 5,
  availableKib: 6,
  setAsideKib: 7,
  swapTotalKib: 8,
  swapFreeKib: 9,
  someMs: 10,
  fullMs: 11,
  refaults: 12,
  swapIns: 13,
  oomKills: 14,
  end: 15,
} as const;

export const HOURS = 48;
export const HOURS_AT = 1024 / 4;
export const HOUR_WORDS = 8;

/** Places in an hour, in words. */
export const Hour = {
  /** Hours since 1970; 0 in a place that was never used. */
  number: 0,
  /** The least that was available, as it was read, and in hundredths of a percent. */
  lowestKib: 1,
  lowestShare: 2,
  lowestWallS: 3,
  near: 4,
  kills: 5,
  /** Those that a dry run would have made. */
  wouldKill: 6,
} as const;

export const RULES = 16;
export const RULES_AT = 2560 / 4;
export const RULE_WORDS = 8;
/** Words of a rule's name, padded with zeros; then its kills, then those of a dry run. */
export const RULE_NAME_WORDS = 4;
export const RuleAt = { name: 0, kills: RULE_NAME_WORDS, wouldKill: RULE_NAME_WORDS + 1 } as const;
