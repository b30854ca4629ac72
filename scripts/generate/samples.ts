import { DEFAULTS } from "../../src/cli/settings.ts";
import type { Event } from "../../src/model/event.ts";
import type { Options } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import { emptyReading, type Reading } from "../../src/model/reading.ts";
import { type Candidate, NO_LOSS, type Selection } from "../../src/model/selection.ts";
import type { Acting } from "../../src/model/verdict.ts";
import { exhaustion } from "../../src/policy/rules/exhaustion.ts";
import { sentenceOf } from "../../src/report/sentences.ts";

/*
 * What the README and the manual show of the log: events with the numbers of a real run, in the
 * words that the program has for them now. The run: `bustd -m 81,0` on a machine where a little
 * more was available, beside `scripts/bench/hog.ts 300 2000` under the name `editor` and
 * `scripts/bench/hog.ts 3000 500` under the name `leaky`.
 */

const RSS_MIB = { leaky: 1028, editor: 377 };
const TOOK_MIB = 1004;
const TOTAL_MIB = 24_106;

function process(pid: number, comm: string, oomScore: number, rssMib: number): Process {
  const rssKib = rssMib * 1024;
  // Only what the log tells of.
  return {
    pid,
    comm,
    oomScore,
    oomScoreAdj: 0,
    rssKib,
    swapKib: 0,
    uid: 1000,
    exe: `/opt/${comm}`,
    cgroup: "/",
  } as Process;
}

const NEXT: Candidate = {
  process: process(9, "editor", 679, RSS_MIB.editor),
  score: 679,
  points: [],
  scope: "process",
  tookKib: 0,
  share: 0,
  latelyShare: 0,
};
const VICTIM: Candidate = {
  ...NEXT,
  process: process(22, "leaky", 694, RSS_MIB.leaky),
  score: 1913,
  points: [{ origin: "took what was lost", points: 1219 }],
  tookKib: TOOK_MIB * 1024,
};
const SELECTION: Selection = {
  victims: [VICTIM],
  group: null,
  next: NEXT,
  candidates: [VICTIM, NEXT],
  taker: null,
  loss: { ...NO_LOSS, sinceMs: 8640, lostKib: 1195 * 1024 },
  blamedKib: 0,
  unknownKib: 0,
  spared: [],
  processCount: 20,
};
const VERDICT: Acting = {
  kind: "act",
  rule: exhaustion.name,
  because: exhaustion.because,
  urgency: "term",
  witnesses: [{ name: "MemAvailable", value: 81, limit: 81, unit: "%" }],
};
const OPTIONS = {
  dryRun: false,
  psiPercent: DEFAULTS.psi,
  mem: { softPercent: 81, hardPercent: 0 },
  swap: DEFAULTS.swap,
  when: null,
} as Options;
const READING: Reading = {
  ...emptyReading(),
  totalKib: TOTAL_MIB * 1024,
  availableKib: TOTAL_MIB * 1024 * 0.86,
  hasPressure: true,
};

const WATCHING: Event = { kind: "watching", options: OPTIONS, reading: READING };
const KILLING: Event = {
  kind: "killing",
  verdict: VERDICT,
  selection: SELECTION,
  dryRun: false,
};
const KILLED: Event = {
  kind: "killed",
  rule: VERDICT.rule,
  selection: SELECTION,
  outcome: { ending: "gone", sigkill: false, tookMs: 420, errno: 0, signalled: 1, group: 0 },
  availablePercent: 81.8,
  freedKib: 0,
};

/** Somebody gave it back meanwhile. */
const BACK: Reading = {
  ...emptyReading(),
  totalKib: TOTAL_MIB * 1024,
  availableKib: TOTAL_MIB * 1024 * 0.83,
};

const text = (event: Event) => sentenceOf(event).text;

/** Sentences of the log, by what they tell of. */
export const SAMPLES = {
  watching: text(WATCHING),
  dryWatching: text({ ...WATCHING, options: { ...OPTIONS, dryRun: true } }),
  killing: text(KILLING),
  wouldKill: text({ ...KILLING, dryRun: true }),
  killed: text(KILLED),
  recovered: text({ kind: "recovered", verdict: VERDICT, reading: BACK }),
  blameless: text({ kind: "blameless", verdict: VERDICT, selection: SELECTION }),
  nobody: text({
    kind: "nobody",
    verdict: VERDICT,
    selection: { ...SELECTION, victims: [], next: null, loss: NO_LOSS },
  }),
} as const;
