import type { Settings } from "../cli/settings.ts";
import { noRuleLeft, toOptions } from "../cli/to-options.ts";
import { parseWhen } from "../cli/when.ts";
import type { CandidateRecord, Incident } from "../model/incident.ts";
import type { Condition, Options, Rule } from "../model/options.ts";
import { NO_RULES } from "../policy/ranking.ts";
import { readSurroundings } from "./surroundings.ts";

type Said = Partial<Settings>;

/** With one of these typed, conditions stand in their place no more. */
const LIMITS = ["psi", "mem", "mem-size", "swap", "swap-size"] as const;

/**
 * The settings that were in force when an incident came to pass, with what was typed in their
 * place; or why they cannot be told, as a sentence. Rules count for its candidates as they did.
 */
export function optionsThen(incident: Incident, said: Said): Options | string {
  const isLimited = LIMITS.some((name) => said[name] !== undefined);
  const when = isLimited || said.when !== undefined ? null : conditionsOf(incident);
  if (typeof when === "string") {
    return when;
  }
  const given: Said = { ...settingsOf(incident), when, "default-rules": false, ...said };
  const rules = [...rulesOf(incident), ...(said.rule ?? [])];
  return noRuleLeft(given) ?? toOptions({ ...given, rule: rules }, [], readSurroundings());
}

function settingsOf({ limits, settings }: Incident): Said {
  const isOn = limits.when.length === 0;
  return settings === undefined
    ? {
        ...(isOn ? { psi: limits.stallPercent } : {}),
        mem: { softPercent: limits.memSoftPercent, hardPercent: limits.memHardPercent },
        swap: { softPercent: limits.swapSoftPercent, hardPercent: limits.swapHardPercent },
      }
    : {
        psi: settings.psiPercent,
        mem: settings.mem,
        swap: settings.swap,
        "kill-after": settings.killAfterMs,
        "kill-pgroup": settings.scope === "process-group",
        "oom-score-adj": settings.adjPolicy,
        "sort-by-rss": settings.sortBy === "rss",
        "ignore-root-user": settings.ignoreRootUser,
      };
}

function conditionsOf({ id, limits }: Incident): readonly Condition[] | null | string {
  const conditions: Condition[] = [];
  for (const text of limits.when) {
    const parsed = parseWhen(text);
    if ("problem" in parsed) {
      return `${id}: its condition '${text}' cannot be read; give others (-m, -s, -p, --config)`;
    }
    conditions.push(parsed.value);
  }
  return conditions.length === 0 ? null : conditions;
}

/** What rules made of the candidates, as rules on their names. */
function rulesOf({ selection, settings }: Incident): Rule[] {
  const known = new Map<string, Rule>();
  const candidates = [...(selection?.victims ?? []), ...(selection?.candidates ?? [])];
  for (const { comm, points, scope } of candidates) {
    for (const item of points.filter(({ origin }) => !NO_RULES.has(origin))) {
      add(known, comm, item.origin, { kind: "points", points: item.points });
    }
    if (scope !== (settings?.scope ?? "process")) {
      add(known, comm, "scope", { kind: "group", scope });
    }
  }
  return [...known.values()];
}

/** Of several processes of one name the first one counts. */
function add(
  known: Map<string, Rule>,
  comm: CandidateRecord["comm"],
  origin: string,
  effect: Rule["effect"],
): void {
  const key = JSON.stringify([comm, origin]);
  if (!known.has(key)) {
    known.set(key, { origin, match: { comm: [{ kind: "names", names: [comm] }] }, effect });
  }
}
