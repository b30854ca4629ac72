import type { CandidateRecord, Incident } from "../model/incident.ts";
import { coordinate, html } from "./markup.ts";
import { nameOf, scoreText } from "./candidates-text.ts";
import { sizeText } from "./units.ts";
import { UNOWNED } from "./why-then.ts";

interface Part {
  readonly kind: "base" | "added" | "lost";
  readonly width: number;
}

/** What a score is made of, as shares of the widest bar in percent. */
function partsOf({ oomScore, score }: CandidateRecord, widest: number): Part[] {
  const share = (value: number) => (100 * Math.max(0, value)) / widest;
  const base = Math.min(Math.max(0, oomScore), Math.max(0, score));
  return [
    { kind: "base", width: share(base) },
    { kind: "added", width: share(score - base) },
    { kind: "lost", width: share(oomScore - Math.max(0, score)) },
  ];
}

function row(label: string, parts: readonly Part[], value: string, isVictim: boolean): string {
  const bars = parts
    .filter(({ width }) => width > 0)
    .map(({ kind, width }) => `<i class="${kind}" style="width:${coordinate(width)}%"></i>`);
  return [
    `<li${isVictim ? ' class="victim"' : ""}><span class="who">${html(label)}</span>`,
    `<span class="bar">${bars.join("")}</span>`,
    `<span class="value">${html(value)}</span></li>`,
  ].join("");
}

/** The first candidates with what made their scores; "" when there are none. */
export function candidateBars({ selection }: Incident): string {
  const candidates = selection?.candidates ?? [];
  const victims = new Set((selection?.victims ?? []).map(({ pid }) => pid));
  const widest = Math.max(1, ...candidates.map(({ oomScore, score }) => Math.max(oomScore, score)));
  const rows = candidates.map((candidate) => {
    const label = `${nameOf(candidate)}, ${sizeText(candidate.sizeKib)}`;
    const parts = partsOf(candidate, widest);
    return row(label, parts, scoreText(candidate), victims.has(candidate.pid));
  });
  return rows.length === 0
    ? ""
    : `<section class="bars"><h2>Candidates by score</h2><ol>${rows.join("")}</ol></section>`;
}

/** Who took how much of what was lost; "" when that is not known. */
export function takerBars({ attribution, selection }: Incident): string {
  if (attribution === null || attribution.lostKib <= 0) {
    return "";
  }
  const { lostKib, takers, unownedKib } = attribution;
  const victims = new Set((selection?.victims ?? []).map(({ pid }) => pid));
  const owners = [
    ...takers.map(({ comm, pid, tookKib }) => ({
      label: nameOf({ comm, pid }),
      kib: tookKib,
      isVictim: victims.has(pid),
    })),
    ...Object.entries(UNOWNED).map(([key, label]) => ({
      label,
      kib: unownedKib[key as keyof typeof UNOWNED],
      isVictim: false,
    })),
  ].filter(({ kib }) => kib > 0);
  const widest = Math.max(lostKib, ...owners.map(({ kib }) => kib));
  const rows = owners.map(({ isVictim, kib, label }) => {
    const share = `${sizeText(kib)}, ${Math.round((100 * kib) / lostKib)} %`;
    return row(label, [{ kind: "base", width: (100 * kib) / widest }], share, isVictim);
  });
  return rows.length === 0
    ? ""
    : `<section class="bars"><h2>Who took the ${html(sizeText(lostKib))} that were lost</h2>` +
        `<ol>${rows.join("")}</ol></section>`;
}
