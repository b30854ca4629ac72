import * as v from "valibot";
import { INCIDENT_VERSION } from "../model/incident.ts";

/**
 * What an incident may be, for the readers and for `packaging/incident.schema.json`, which is made
 * from it. Members that are not named here are allowed, and ignored.
 */

const LONGEST_TEXT = 4096;
const LONGEST_LIST = 1000;
/** The last millisecond of the year 9999. */
const LATEST_MS = 253_402_300_799_999;

function number(description: string) {
  return v.pipe(v.number(), v.finite(), v.description(description));
}

function count(description: string) {
  return v.pipe(v.number(), v.finite(), v.minValue(-1), v.description(description));
}

function text(description: string) {
  return v.pipe(v.string(), v.maxLength(LONGEST_TEXT), v.description(description));
}

function oneOf<const T extends readonly string[]>(words: T, description: string) {
  return v.pipe(v.picklist(words), v.description(description));
}

function list<T extends v.GenericSchema>(item: T, description: string) {
  return v.pipe(v.array(item), v.maxLength(LONGEST_LIST), v.description(description));
}

const SCOPES = ["process", "process-group", "cgroup"] as const;

const processMembers = {
  pid: count("The process."),
  comm: text("Its name, as it calls itself; proc_pid_comm(5)."),
  uid: count("Its user; -1 where nobody asked."),
  cgroup: text("Its path below the cgroup root; empty where nobody asked."),
  rssKib: count("Resident memory, KiB."),
  swapKib: v.optional(count("What of it was in swap, KiB; -1 where that is not known."), -1),
  sizeKib: count("What it had of its own in memory and in swap: neither of files nor shared. KiB."),
  grownKib: number("Growth since memory was comfortable last, KiB."),
  ageMs: count("How long it had run; -1 where that is not known."),
  startMs: v.optional(count("When it started, ms since boot; -1 where that is not known."), -1),
  oomScore: number("oom_score of the kernel."),
  oomScoreAdj: number("oom_score_adj."),
};

const points = v.object({
  origin: text("The rule, by its place in the configuration or its name."),
  points: number("What it added to the score."),
});

const candidateMembers = {
  ...processMembers,
  tookKib: number("What it took of what was lost, KiB."),
  share: number("Its share of what was lost, 0 to 1."),
  score: number("What the choice went by; the scale is oom_score's."),
  points: list(points, "What rules and growth made of it."),
  scope: oneOf(SCOPES, "What is killed together with it."),
};

const candidate = v.object(candidateMembers);

const victim = v.object({
  ...candidateMembers,
  exe: text("Its executable, where it was read."),
  cmdline: text("Its command line, where keep-cmdline asks for it; else empty."),
  majorFaults: count("Pages it waited for the disk for; -1 where nobody asked."),
});

const spared = v.object({
  ...processMembers,
  because: oneOf(
    [
      "init",
      "kernel-thread",
      "itself",
      "oom-score-adj-minus-1000",
      "exiting",
      "root",
      "protected",
      "managed-oom-omit",
      "refused-before",
      "dying",
    ],
    "Why it may not be chosen.",
  ),
  origin: text("The rule that protects it, or empty."),
});

const group = v.object({
  tie: oneOf(
    ["parent", "process-group", "session", "kind", "cgroup", "user"],
    "What they have in common.",
  ),
  id: text("The number or the name of that."),
  count: count("How many they are."),
  tookKib: number("What they took together of what was lost, KiB."),
  isStorm: v.pipe(v.boolean(), v.description("They are started without end.")),
});

const selection = v.object({
  victims: list(victim, "Who is killed, the first 20; the first one decided."),
  victimCount: count("How many are killed."),
  group: v.pipe(v.nullable(group), v.description("The group they are of, if they are one.")),
  next: v.pipe(v.nullable(candidate), v.description("Who would have been next.")),
  candidates: list(candidate, "The first ten in the order of the choice, victims included."),
  candidateCount: count("How many there were."),
  spared: list(spared, "The ten largest who might not be chosen."),
  sparedCount: count("How many there were."),
  processCount: count("All processes."),
});

const witness = v.object({
  name: text("What was measured."),
  value: number("What it was."),
  limit: number("The limit it was held against."),
  unit: oneOf(["%", "MiB", ""], "The unit of both."),
});

const verdict = v.object({
  rule: text("The rule that acted."),
  because: text("Why, in words."),
  urgency: oneOf(["term", "kill"], "SIGTERM first, or SIGKILL at once."),
  witnesses: list(witness, "The numbers it rests on."),
});

const outcome = v.object({
  ending: oneOf(["gone", "gone-before", "refused", "stuck", "interrupted"], "How it went."),
  signal: oneOf(["SIGTERM", "SIGKILL"], "The last signal that was sent."),
  errno: count("The error number where the signal was refused, else 0."),
  signalled: count("Processes that were signalled."),
  group: count("The process group that was killed as a whole as well, or 0."),
  goneMs: number("From the first signal until they were gone or given up."),
  reliefMs: number("From the first signal until no rule asked for a kill; -1: not seen."),
  freedKib: number("What memory and swap got back, KiB."),
  availablePercent: number("Available memory after that, percent."),
});

const taker = v.object({
  pid: count("The process."),
  comm: text("Its name."),
  tookKib: number("What it took of what was lost, KiB."),
});

const attribution = v.object({
  sinceMs: count("How long before the verdict memory was last comfortable."),
  lostKib: number("What memory and swap lost since then, KiB."),
  takers: list(taker, "Who took most of it, the first ten."),
  copies: v.optional(
    v.pipe(
      v.object({
        ppid: count("Whose copies."),
        blamedKib: number("How much of what the victim took it is blamed for, KiB."),
        allKib: number("What all of them took, KiB."),
      }),
      v.description("Only where the victim is a forked copy that most likely took it."),
    ),
  ),
  unownedKib: v.object({
    shmem: number("tmpfs and shared memory, KiB."),
    slab: number("The kernel's slab, KiB."),
    hugetlb: number("Huge pages, KiB."),
    arc: v.optional(number("What ZFS's cache held then, KiB; absent where there is none.")),
  }),
});

const kernelVictim = v.object({
  pid: count("The process."),
  comm: text("Its name."),
  uid: count("Its user, or -1."),
  rssKib: count("Resident memory, KiB."),
  cgroup: text("The cgroup at whose limit it was killed; empty for the whole machine."),
});

function column(description: string) {
  return list(v.pipe(v.number(), v.finite()), description);
}

const looks = v.pipe(
  v.object({
    atMs: column("Milliseconds from the incident."),
    marks: column(
      "Bits: 1 MemFree only, 2 near a limit, 4 acted, 8 gone, 16 nobody, 32 kernel, 64 start.",
    ),
    totalKib: column("MemTotal, KiB."),
    availableKib: column("MemAvailable, KiB."),
    setAsideKib: column("tmpfs, shared memory and huge pages, KiB."),
    swapTotalKib: column("SwapTotal, KiB."),
    swapFreeKib: column("SwapFree, KiB."),
    someMs: column(
      "Time since boot in which some task waited for memory, ms; /proc/pressure/memory.",
    ),
    fullMs: column("The same of all tasks at once."),
    refaults: column("Pages read back after they were evicted in use, since boot."),
    swapIns: column("Pages read back from swap, since boot."),
    oomKills: column("Kills by the kernel since boot."),
  }),
  v.check(
    (columns) => Object.values(columns).every(({ length }) => length === columns.atMs.length),
    "columns of different lengths",
  ),
);

export const machineSchema = v.object({
  kernel: text("Its release."),
  architecture: text("As uname(2) says it."),
  totalKib: count("Memory, KiB."),
  swapTotalKib: count("Swap, KiB."),
  swapKind: text("none, or zram, disk and file joined by +."),
  minTtlMs: count("/sys/kernel/mm/lru_gen/min_ttl_ms."),
});

const limitsSchema = v.object({
  memSoftPercent: number("Available memory for SIGTERM, percent; 0 is off."),
  memHardPercent: number("Available memory for SIGKILL."),
  swapSoftPercent: number("Free swap for SIGTERM."),
  swapHardPercent: number("Free swap for SIGKILL."),
  stallPercent: number("Share of time in which tasks wait, percent; 0 is off."),
  when: list(v.string(), "Conditions that stand in place of the rules."),
});

const ends = {
  softPercent: number("For SIGTERM, percent; 100 where only an amount was set."),
  hardPercent: number("For SIGKILL, percent."),
  softKib: v.optional(number("For SIGTERM, KiB; the lower of both holds.")),
  hardKib: v.optional(number("For SIGKILL, KiB.")),
};

export const settingsSchema = v.object({
  dryRun: v.pipe(v.boolean(), v.description("It only said what it would kill.")),
  psiPercent: number("Share of time in which tasks wait, percent; 0 is off."),
  mem: v.pipe(v.object(ends), v.description("Limits of available memory.")),
  swap: v.pipe(v.object(ends), v.description("Limits of free swap.")),
  killAfterMs: number("From SIGTERM to SIGKILL, ms."),
  scope: oneOf(SCOPES, "What is killed together with a victim, unless a rule says otherwise."),
  adjPolicy: oneOf(["respect", "discount-positive", "ignore"], "How oom_score_adj counts."),
  sortBy: oneOf(["oom_score", "rss"], "What the score begins with."),
  ignoreRootUser: v.pipe(v.boolean(), v.description("Processes of root are spared.")),
});

export const incidentSchema = v.object({
  version: v.pipe(v.literal(INCIDENT_VERSION), v.description("Of this format.")),
  id: text(
    "When, in UTC, the first victim's pid or 0, -dry of a dry run; the file's name less .json.",
  ),
  kind: oneOf(
    ["kill", "dry-run", "nobody", "asked", "kernel", "warned"],
    "A kill, one that a dry run would have made, or that nobody could be killed; asked is the " +
      "state at SIGUSR1, kernel a kill of the kernel's own, warned a warning before a kill.",
  ),
  time: text("RFC 3339, in UTC."),
  wallMs: v.pipe(
    v.number(),
    v.minValue(0),
    v.maxValue(LATEST_MS),
    v.description("Milliseconds since 1970."),
  ),
  atMs: number("Milliseconds of CLOCK_MONOTONIC."),
  bustd: v.object({
    version: text("The daemon's."),
    pid: count("The daemon's."),
    digest: text("Of the settings in force; the same for the same settings."),
  }),
  machine: machineSchema,
  limits: limitsSchema,
  settings: v.optional(
    v.pipe(
      settingsSchema,
      v.description("As they were set; absent in incidents of older daemons."),
    ),
  ),
  verdict: v.pipe(v.nullable(verdict), v.description("Which rule acted, and why.")),
  selection: v.pipe(
    v.nullable(selection),
    v.description("Which processes were chosen, and among which."),
  ),
  outcome: v.pipe(v.nullable(outcome), v.description("How it ended.")),
  attribution: v.pipe(v.nullable(attribution), v.description("Who took what was lost.")),
  kernel: v.pipe(
    v.nullable(
      v.object({
        kills: count("The kernel's own kills since the look before."),
        victims: list(kernelVictim, "The processes that its log names."),
      }),
    ),
    v.description("The kernel's own kills."),
  ),
  looks,
});
