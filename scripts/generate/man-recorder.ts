import { Mark } from "../../src/model/recorded.ts";
import { INCIDENT_VERSION } from "../../src/model/incident.ts";
import {
  At,
  COARSE,
  FINE,
  Hour,
  HOUR_WORDS,
  HOURS,
  HOURS_AT,
  RING_BYTES,
  Row,
  ROW_WORDS,
  RULE_NAME_WORDS,
  RULE_WORDS,
  RuleAt,
  RULES,
  RULES_AT,
  VERSION,
} from "../../src/recorder/layout.ts";
import { page, PAGE_DATE, prose, section, tagged } from "./mdoc.ts";

const HEAD = `.\\" Made by scripts/generate.ts: change src/recorder/layout.ts, or that script.
.Dd ${PAGE_DATE}
.Dt BUSTD-RECORDER 5
.Os
.Sh NAME
.Nm bustd-recorder
.Nd what bustd keeps of readings and kills
.Sh SYNOPSIS
.Pa /run/bustd/ring
.br
.Pa /var/lib/bustd/incidents/*.json`;

/** A number in the ring: where, in bytes from the beginning of its part, and how it is stored. */
interface Field {
  readonly name: string;
  readonly at: number;
  readonly type: "word" | "double" | "bytes";
  readonly text: string;
}

/** Places that are counted in doubles of 8 bytes; all others in words of 4. */
const DOUBLES: ReadonlySet<string> = new Set([
  "wallOffsetMs",
  "clockAt",
  "startedAt",
  "lookAt",
  "nearAt",
  "fineAt",
  "coarseAt",
  "killWallMs",
  "freedKib",
  "lowestKib",
  "lowestWallMs",
  "toldHour",
]);

const HEADER_TEXTS: Readonly<Record<keyof typeof At, string>> = {
  magic: "BUSTRING, 8 bytes: written last, so that a file without it is no ring yet.",
  version: "Of this format. Another number: nothing that is said here need hold.",
  headerBytes: "Where the rows begin.",
  rowBytes: "The length of a row.",
  fileBytes: "The length of the file.",
  fineWritten: "How many fine rows were written since boot.",
  coarseWritten: "How many coarse rows were written since boot.",
  pid: "The daemon that looked last.",
  dryRun: "1 while it runs dry, else 0.",
  near: "How often memory came near the limit since boot, once a minute at most.",
  nobody: "Crises in which nobody could be killed.",
  wouldKill: "Kills that a dry run would have made.",
  incidentsWritten: "Incidents that were written.",
  incidentsLost: "Incidents that could not be written.",
  lostErrno: "The error number of the last one that was lost, or 0.",
  oomKills: "The kernel's own kills since boot.",
  oomKillsSeen: "How many of these came while a daemon looked.",
  pendingMarks: "Marks of looks that have no coarse row yet.",
  starts: "Starts of daemons since boot; those in place do not count.",
  boot: "The boot that it belongs to: 16 bytes of /proc/sys/kernel/random/boot_id.",
  wallOffsetMs: "The wall clock, ms since 1970, less CLOCK_MONOTONIC.",
  clockAt: "When that was read.",
  startedAt: "When the daemon started.",
  lookAt: "When it looked last. Older than 30 seconds: it does not run, or hangs.",
  nearAt: "When memory was near the limit last.",
  fineAt: "When the last fine row was written.",
  coarseAt: "When the last coarse row was written.",
  killWallMs: "The last kill, ms since 1970; 0 where there was none.",
  freedKib: "What all kills gave back, KiB.",
  lowestKib: "The least that was available since boot, KiB.",
  lowestWallMs: "When that was, ms since 1970; 0 where memory was plenty all the time.",
  toldHour: "The last hour that --hourly told of, hours since 1970, or 0.",
};

const ROW_TEXTS: Readonly<Record<keyof typeof Row, string>> = {
  begin: "The row's number, counted from 1.",
  marks:
    `Bits: ${Mark.FREE_ONLY} only MemFree was read, of which there was plenty; ` +
    `${Mark.NEAR} near the limit; ${Mark.ACTED} it signalled, or would have in a dry run; ` +
    `${Mark.GONE} the victims were gone; ${Mark.NOBODY} nobody could be killed; ` +
    `${Mark.KERNEL} the kernel had killed; ${Mark.START} the first look of a daemon.`,
  at: "When, ms of CLOCK_MONOTONIC.",
  wallS: "The same on the wall clock, s since 1970.",
  totalKib: "MemTotal, KiB.",
  availableKib: "MemAvailable, KiB; with mark 1 MemFree.",
  setAsideKib: "Huge pages, and shared memory that was there before, KiB.",
  swapTotalKib: "SwapTotal, KiB.",
  swapFreeKib: "SwapFree, KiB.",
  someMs: "Time in which some task waited for memory since boot, ms, modulo 2^32.",
  fullMs: "The same of all tasks at once.",
  refaults: "Evicted pages that were read back since boot, modulo 2^32.",
  swapIns: "Pages read back from swap since boot, modulo 2^32.",
  oomKills: "The kernel's own kills since boot.",
  end: "The row's number once more, written last.",
};

const HOUR_TEXTS: Readonly<Record<keyof typeof Hour, string>> = {
  number: "Hours since 1970; 0 in a place that was never used.",
  lowestKib: "The least that was available, KiB; 2^32 - 1 where memory was plenty.",
  lowestShare: "The same in hundredths of a percent.",
  lowestWallS: "When that was, s since 1970; 0 where memory was plenty.",
  near: "How often memory came near the limit.",
  kills: "Kills.",
  wouldKill: "Kills that a dry run would have made.",
};

const RULE_TEXTS: Readonly<Record<keyof typeof RuleAt, string>> = {
  name: `The rule's name in ASCII, ${4 * RULE_NAME_WORDS} bytes, padded with zeros.`,
  kills: "Kills since boot.",
  wouldKill: "Kills that a dry run would have made.",
};

function fieldsOf<K extends string>(
  places: Readonly<Record<K, number>>,
  texts: Readonly<Record<K, string>>,
  typeOf: (name: K) => Field["type"],
): readonly Field[] {
  const names = Object.keys(places) as K[];
  return names
    .map((name) => {
      const type = typeOf(name);
      const at = places[name] * (type === "double" && DOUBLES.has(name) ? 8 : 4);
      return { name, at, type, text: texts[name] };
    })
    .toSorted((a, b) => a.at - b.at);
}

/** What the page says of the ring, part by part. */
export const RING_PARTS = {
  header: fieldsOf(At, HEADER_TEXTS, (name) =>
    name === "magic" || name === "boot" ? "bytes" : DOUBLES.has(name) ? "double" : "word",
  ),
  row: fieldsOf(Row, ROW_TEXTS, (name) => (name === "at" ? "double" : "word")),
  hour: fieldsOf(Hour, HOUR_TEXTS, () => "word"),
  rule: fieldsOf(RuleAt, RULE_TEXTS, (name) => (name === "name" ? "bytes" : "word")),
} as const;

function table(fields: readonly Field[]): string {
  return tagged(
    fields.map(({ at, name, text, type }) => [`${name}: ${type} at ${at}`, prose(text)]),
  );
}

const DESCRIPTION = section(
  "DESCRIPTION",
  prose(`
    bustd(8) keeps two things for those who look back: the flight recorder, a ring of its last
    readings with counts since boot, and an incident for each kill. Its commands read them, and so
    may other programs.`),
);

const RING = section(
  "THE RING",
  prose(`
    ${RING_BYTES / 1024} KiB that the daemon maps, writes at each look, and that anybody may read
    without asking it. It is made anew at each boot, outlives the daemon, and a later daemon goes on
    where another one stopped. This is version ${VERSION} of the format: the version changes when
    one of the numbers below goes, moves or means something else; a number more, where there are
    zeros now, does not change it.

    All is little-endian: words are of 4 bytes without a sign, doubles of 8 bytes as in IEEE 754.
    Behind each name stands where it is, in bytes from the beginning of its part. Times are
    milliseconds of CLOCK_MONOTONIC unless it is said otherwise. The header begins at byte 0:`),
  table(RING_PARTS.header),
  ".Pp",
  prose(`
    ${HOURS} hours of ${4 * HOUR_WORDS} bytes follow from byte ${4 * HOURS_AT} on, each in the place
    of its number modulo ${HOURS}:`),
  table(RING_PARTS.hour),
  ".Pp",
  prose(`
    ${RULES} rules of ${4 * RULE_WORDS} bytes from byte ${4 * RULES_AT} on, the first ones used; the
    last place is for all that find no other:`),
  table(RING_PARTS.rule),
  ".Pp",
  prose(`
    ${FINE.rows} fine rows of ${4 * ROW_WORDS} bytes from byte ${4 * FINE.at} on, no two nearer than
    ${FINE.spacingMs} ms but those with one of the marks from 4 to 64, and ${COARSE.rows} coarse
    ones from byte ${4 * COARSE.at} on, no two nearer than ${COARSE.spacingMs / 1000} s, with the
    marks of all looks since the one before. The n-th row lies in place (n - 1) modulo
    ${FINE.rows}. Its number stands at its beginning and, written last, at its end: where the two
    differ, or are not what the place asks for, it was just being written, or is an older one. Copy
    the file before you read it:`),
  table(RING_PARTS.row),
);

const INCIDENTS = section(
  "INCIDENTS",
  prose(`
    JSON documents of version ${INCIDENT_VERSION}, one in each file, which is named after its id.
    packaging/incident.schema.json in the sources describes each member. A member more does not
    change the version. A file is written under another name and put in its place whole; it may be
    written once more, with the looks of the seconds after. Those of dry runs end in -dry.json.
    Times are UTC in ids, and milliseconds since 1970 in wallMs.`),
);

const SEE_ALSO = `.Sh SEE ALSO
.Xr proc_meminfo 5 ,
.Xr proc_vmstat 5 ,
.Xr bustd 8`;

/** `bustd-recorder(5)`, from the places that the program itself goes by. */
export function manRecorder(): string {
  return page([HEAD, DESCRIPTION, RING, INCIDENTS, SEE_ALSO]);
}
