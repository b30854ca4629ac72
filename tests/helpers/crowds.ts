import type { Options, Rule } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import type { Loss, Selection } from "../../src/model/selection.ts";
import type { Struck } from "../../src/policy/ranking.ts";
import { selectVictims } from "../../src/policy/victim.ts";
import { aContext, aLoss, aProcess } from "./nouns.ts";

const MIB = 1024;

/** Processes of one making; each differs in what is given, the later the younger. */
export function crowd(
  count: number,
  changes: Partial<Process> | ((index: number) => Partial<Process>) = {},
): Process[] {
  return Array.from({ length: count }, (_item, i) => {
    const given = typeof changes === "function" ? changes(i) : changes;
    const kib = given.grownKib ?? 30 * MIB;
    return aProcess(100 + i, {
      comm: "worker",
      ppid: 50,
      pgid: 50,
      sessionId: 40,
      startMs: 9_940_000 + 100 * i,
      oomScore: 668,
      rssKib: kib,
      sizeKib: kib,
      grownKib: kib,
      latelyKib: kib / 2,
      ...given,
    });
  });
}

/** Those who were there before, and took nothing. */
export const shell = aProcess(40, { comm: "bash", ppid: 30, sessionId: 40 });
export const producer = aProcess(50, {
  comm: "worker",
  ppid: 40,
  pgid: 50,
  sessionId: 40,
  startMs: 800_000,
  oomScore: 667,
});
export const desktop = aProcess(60, { comm: "desktop", oomScore: 850, sizeKib: 2000 * MIB });

interface Circumstances {
  readonly options?: Partial<Options>;
  readonly struck?: Struck;
  readonly loss?: Partial<Loss>;
}

/** A choice when all that was lost is what they took. */
export function choose(table: readonly Process[], circumstances: Circumstances = {}): Selection {
  const { loss, options, struck } = circumstances;
  const lostKib = table.reduce((sum, { grownKib }) => sum + grownKib, 0);
  const latelyKib = table.reduce((sum, process) => sum + process.latelyKib, 0);
  const parents = new Map(table.map(({ pid, ppid }) => [pid, ppid]));
  const context = aContext({ parents, loss: aLoss(lostKib, { latelyKib, ...loss }) }, options);
  return selectVictims(table, struck === undefined ? context : { ...context, struck });
}

/** Pids of the victims, in the order in which they are killed. */
export function pidsOf({ victims }: Selection): number[] {
  return victims.map(({ process }) => process.pid);
}

/** A rule that protects whoever has this name. */
export function protect(comm: string): Rule {
  return {
    origin: "-u",
    match: { comm: [{ kind: "glob", source: comm }] },
    effect: { kind: "protect" },
  };
}
