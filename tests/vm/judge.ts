import { reliefAtMs, type VmResult } from "./record.ts";
import type { Story } from "./story.ts";

/** How a story went. Durations in ms; null where the one or the other never happened. */
export interface Outcome {
  result: VmResult;
  /** From the crisis to the first death of one who must or may die. */
  crisisToDeathMs: number | null;
  /** From the last death at anyone's hand to relief. */
  deathToReliefMs: number | null;
  /** Names of those who died without need, at anyone's hand. */
  bystandersKilled: string[];
  /** The bystander's longest stall. */
  longestStallMs: number;
  /** What went otherwise than the story asks; empty if all went well. */
  problems: string[];
}

/** Those whom the story lets die; everybody else is a bystander. */
function guiltyOf({ mustDie, mustDieOneOf = [], mayDie = [] }: Story): Set<string> {
  return new Set([...mustDie, ...mustDieOneOf, ...mayDie]);
}

/** What went otherwise than the story asks of deaths. */
function problemsOfDeaths(story: Story, { deaths, kernelOomKills }: VmResult): string[] {
  const names = deaths.filter(({ by }) => by === "daemon").map(({ name }) => name);
  const guilty = guiltyOf(story);
  const { mustDie, mustDieOneOf: oneOf = [], mostDeaths = Infinity } = story;
  const order = names.join(", ");
  const rules: [isBroken: boolean, sentence: string][] = [
    ...mustDie.map((name): [boolean, string] => [
      !names.includes(name),
      `${name} was not ended by the daemon`,
    ]),
    ...deaths.map(({ name }): [boolean, string] => [
      !guilty.has(name),
      `${name} died without need`,
    ]),
    [
      oneOf.length > 0 && !names.some((name) => oneOf.includes(name)),
      `none of ${oneOf.join(", ")} was ended by the daemon`,
    ],
    [names.length > mostDeaths, `the daemon ended ${names.length} processes`],
    [!story.wishes?.dryRun && kernelOomKills > 0, `the kernel ended ${kernelOomKills}`],
    [
      story.inOrder === true && order !== mustDie.join(", "),
      `the daemon ended ${order}, and not ${mustDie.join(", ")}`,
    ],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, sentence]) => sentence);
}

function problemsOfDaemon(story: Story, { answers, daemon }: VmResult): string[] {
  const { mustAnswer = [], mustSay = [] } = story;
  const said = answers.join("");
  const unanswered = mustAnswer.filter((words) => !words.test(said));
  const unsaid = mustSay.filter((words) => !daemon.log.some(({ text }) => words.test(text)));
  return [
    ...unanswered.map((words) => `no command printed ${words}; all printed: ${said}`),
    ...unsaid.map((words) => `the daemon never said ${words}`),
    ...(daemon.exit === null ? [] : [`the daemon ended: status ${daemon.exit}`]),
  ];
}

/** Judges a result by what the story asks. */
export function judge(story: Story, result: VmResult): Outcome {
  const guilty = guiltyOf(story);
  const { deaths, crisisAtMs, actors } = result;
  const death = deaths.find(({ name }) => guilty.has(name));
  const last = deaths.at(-1);
  const relief = last ? reliefAtMs(result, last.atMs) : null;
  return {
    result,
    crisisToDeathMs: death && crisisAtMs !== null ? death.atMs - crisisAtMs : null,
    deathToReliefMs: last && relief !== null ? relief - last.atMs : null,
    bystandersKilled: deaths.map(({ name }) => name).filter((name) => !guilty.has(name)),
    longestStallMs: Math.max(0, ...actors.map(({ longestStallMs }) => longestStallMs)),
    problems: [...problemsOfDeaths(story, result), ...problemsOfDaemon(story, result)],
  };
}
