import { countText, spanText } from "../report/units.ts";
import { wrapped } from "../report/wrap.ts";
import type { Episode } from "./episodes.ts";
import type { Proposal, Score, Tuning } from "./tune.ts";

const ENDS: Readonly<Record<Episode["end"], string>> = {
  passed: "went by without a kill",
  kernel: "ended with a kill of the kernel's",
  frozen: "stood still for long",
  bustd: "ended with a kill of bustd's",
};

/** What is proposed, with its reasons. */
export function tuneLines(
  { episodes, proposals, refusal, spanMs }: Tuning,
  columns: number,
): string[] {
  const counts = Object.entries(ENDS).flatMap(([end, text]) => {
    const count = episodes.filter((episode) => episode.end === end).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  const many = countText(episodes.length, "episode", "episodes");
  const ends = counts.length > 0 ? `: ${counts.join(", ")}` : "";
  const seen = `${spanText(spanMs)} with ${many}${ends}.`;
  if (refusal !== null) {
    return [
      ...wrapped(seen, columns, "", ""),
      ...wrapped(`No proposal: ${refusal}.`, columns, "", ""),
    ];
  }
  const better = proposals.filter(({ inForce, proposed }) => inForce !== proposed);
  return [
    ...wrapped(seen, columns, "", ""),
    "",
    ...proposals.flatMap((proposal) => [...proposalLines(proposal, columns), ""]),
    ...(better.length === 0
      ? ["The settings in force stay as they are."]
      : ["# for /etc/bustd/bustd.toml", ...better.map(tomlLine)]),
  ];
}

function tomlLine({ proposed, setting }: Proposal): string {
  return setting === "psi" ? `psi = ${proposed}` : `${setting} = [${proposed}, ${proposed / 2}]`;
}

function scoreText({ missed, needless }: Score): string {
  return (
    `${countText(needless, "kill", "kills")} in episodes that went by without one, and ` +
    `${countText(missed, "bad end", "bad ends")} that it would not have prevented`
  );
}

function proposalLines(
  { inForce, proposed, scores, setting }: Proposal,
  columns: number,
): string[] {
  const of = (value: number) => scores.find((score) => score.value === value);
  const [now, then] = [of(inForce), of(proposed)];
  const verdict =
    now === undefined || then === undefined || proposed === inForce
      ? `${setting} stays ${inForce}: no other value would have done better.`
      : `${setting} ${proposed} instead of ${inForce}: ${scoreText(then)}; ` +
        `with ${inForce} it is ${scoreText(now)}.`;
  return [
    ...wrapped(verdict, columns, "", ""),
    `  ${setting.padStart(5)}  needless  missed`,
    ...scores.map(({ missed, needless, value }) => {
      const mark = value === proposed ? " *" : "";
      const cells = [value, needless, missed].map((number, i) =>
        String(number).padStart([7, 9, 7][i] ?? 0),
      );
      return `${cells.join(" ")}${mark}`;
    }),
  ];
}
