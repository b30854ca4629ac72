import type { Incident } from "../model/incident.ts";
import type { Witness } from "../model/verdict.ts";
import { escapeName } from "./escape.ts";
import { bustdBefore } from "./kernel-kill.ts";
import { countText, measureText, sizeText, spanText } from "./units.ts";

/** What each rule means; its name alone where a later bustd has another one. */
const RULES: Readonly<Record<string, string>> = {
  exhaustion: "Memory was used up",
  leak: "Memory was running out and tasks waited for it",
  thrashing: "Tasks waited for memory, and memory in use was evicted again and again",
  frozen: "Tasks had waited for memory nearly all the time for seconds",
  forecast: "Memory was about to be at its limit",
  when: "A condition of the configuration held",
};

/** Memory that belongs to nobody is worth a word from this share of what was lost on, percent. */
const UNOWNED_PERCENT = 5;

function witnessText({ limit, name, unit, value }: Witness): string {
  const measured = `${measureText(value, unit)} (limit ${measureText(limit, unit)})`;
  return `${escapeName(name)} was ${measured}`;
}

function numbersText(witnesses: readonly Witness[]): string {
  return witnesses.length === 0 ? "" : `: ${witnesses.map(witnessText).join(", ")}`;
}

/** What belongs to no process, as an incident counts it. */
export const UNOWNED = {
  shmem: "tmpfs and shared memory",
  slab: "the kernel's slab",
  hugetlb: "huge pages",
} as const;

/** ZFS's cache counts as available but for its least size; how large it was explains much. */
function arcLine({ attribution, machine }: Incident): string[] {
  const arcKib = attribution?.unownedKib.arc ?? 0;
  return arcKib * 100 >= machine.totalKib * UNOWNED_PERCENT
    ? [`ZFS's cache (ARC) held ${sizeText(arcKib)}, which is no process's either.`]
    : [];
}

function unownedLines({ attribution }: Incident): string[] {
  if (attribution === null) {
    return [];
  }
  const least = (attribution.lostKib * UNOWNED_PERCENT) / 100;
  const parts = Object.entries(UNOWNED).flatMap(([key, name]) => {
    const kib = attribution.unownedKib[key as keyof typeof UNOWNED];
    return kib > 0 && kib >= least ? [`${name} took ${sizeText(kib)}`] : [];
  });
  return parts.length === 0
    ? []
    : [`No process can give back what is nobody's: ${parts.join(", ")}.`];
}

function takersLine({ attribution, selection }: Incident): string[] {
  if (attribution === null || attribution.lostKib <= 0) {
    return [];
  }
  const { lostKib, sinceMs, takers } = attribution;
  const names = takers
    .filter(({ tookKib }) => tookKib * 100 >= lostKib)
    .slice(0, 5)
    .map(({ comm, pid, tookKib }) => `${escapeName(comm)} (pid ${pid}): ${sizeText(tookKib)}`);
  // What a group took is said of all of it together.
  const isGroups = (selection?.group ?? null) !== null;
  const by = names.length === 0 || isGroups ? "" : ` Most was taken by ${names.join(", by ")}.`;
  return [`Memory and swap had lost ${sizeText(lostKib)} within ${spanText(sinceMs)}.${by}`];
}

/** The rule's own words; those of another version may be none. */
function sentenceStart(because: string): string {
  const words = because === "" ? "a rule acted" : escapeName(because);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Why a rule acted just then, with the numbers it was told from. */
export function verdictLines(incident: Incident): string[] {
  const { kernel, verdict } = incident;
  if (verdict === null) {
    const kills = kernel?.kills ?? 0;
    return kills > 0
      ? [
          `The kernel counted ${countText(kills, "kill", "kills")} of its own between two looks; ` +
            `${bustdBefore(incident)}.`,
          ...takersLine(incident),
          ...unownedLines(incident),
          ...arcLine(incident),
        ]
      : [];
  }
  const name = escapeName(verdict.rule);
  const meaning = Object.hasOwn(RULES, verdict.rule) ? RULES[verdict.rule] : undefined;
  const numbers = numbersText(verdict.witnesses);
  const isStorm = incident.selection?.group?.isStorm === true;
  const hard = verdict.urgency === "kill" && !isStorm ? " There was no time left for SIGTERM." : "";
  return [
    `${meaning ?? sentenceStart(verdict.because)} (rule ${name})${numbers}.${hard}`,
    ...takersLine(incident),
    ...unownedLines(incident),
    ...arcLine(incident),
  ];
}
