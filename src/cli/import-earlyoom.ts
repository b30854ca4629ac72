import type { Effect, Limits } from "../model/options.ts";
import { parseLimits } from "./amounts.ts";
import { readTokens } from "./arguments.ts";
import {
  type From,
  type Imported,
  importedHook,
  NOTICE,
  tomlString,
  type Translation,
  translated,
  translation,
} from "./imported.ts";
import { type Budget, regexBudget } from "./regex/budget.ts";

const VARIABLES =
  "in place of EARLYOOM_PID, _UID and _NAME it gets BUSTD_PID, _UID and _COMM, and on standard " +
  "input all that is known as JSON; no command line";

interface Row {
  readonly name: string;
  readonly short?: string;
  readonly takesValue?: true;
  become(value: string, budget: Budget): Imported;
}

const nothing =
  (comment: string): Row["become"] =>
  () => ({ comment });
const switchedOn =
  (key: string): Row["become"] =>
  () => ({ settings: [`${key} = true`] });

const lost =
  (comment: string): Row["become"] =>
  () => ({ comment, isLost: true });

/** A key whose value is an expression that names are compared with. */
function names(key: string, effect: Effect): Row["become"] {
  return (source, budget) => {
    const result = translated(source, "posix", ["comm", effect], budget);
    if (result.source === null) {
      return { comment: result.comment, ...(result.isLost ? { isLost: true } : {}) };
    }
    const settings = [`${key} = ${tomlString(result.source)}`];
    return result.comment === undefined ? { settings } : { settings, comment: result.comment };
  };
}

/** Every flag of earlyoom 1.9, and what becomes of it. */
const ROWS: readonly Row[] = [
  // -m, -s, -M and -S are taken together, below.
  ...(["m", "s", "M", "S"] as const).map((short): Row => ({
    name: `(${short})`,
    short,
    takesValue: true,
    become: () => ({}),
  })),
  { name: "prefer", takesValue: true, become: names("prefer", { kind: "points", points: 300 }) },
  { name: "avoid", takesValue: true, become: names("avoid", { kind: "points", points: -300 }) },
  { name: "ignore", takesValue: true, become: names("ignore", { kind: "protect" }) },
  { name: "ignore-root-user", become: switchedOn("ignore-root-user") },
  { name: "sort-by-rss", become: switchedOn("sort-by-rss") },
  { name: "dryrun", become: switchedOn("dry-run") },
  { name: "debug", short: "d", become: switchedOn("verbose") },
  { name: "(g)", short: "g", become: switchedOn("kill-pgroup") },
  {
    name: "(r)",
    short: "r",
    takesValue: true,
    become: nothing("no counterpart; hourly = true logs how low memory was, verbose every look"),
  },
  {
    name: "(p)",
    short: "p",
    become: nothing("no counterpart; the unit sets OOMScoreAdjust= and the like"),
  },
  {
    name: "(w)",
    short: "w",
    takesValue: true,
    become: (value) => ({
      settings: [`kill-after = "${/^\d{1,3}$/.test(value) ? value : 10}s"`],
      comment: "SIGKILL follows where earlyoom goes on to the next one",
    }),
  },
  { name: "(n)", short: "n", become: nothing(`no counterpart needed; ${NOTICE}`) },
  {
    name: "(N)",
    short: "N",
    takesValue: true,
    become: (value) => importedHook([value], [], VARIABLES),
  },
  {
    name: "(P)",
    short: "P",
    takesValue: true,
    become: lost("lost: no program is run before a kill; a [[hook]] is, on warned or on killed"),
  },
  { name: "syslog", become: nothing("no counterpart; the journal or a log file gets all lines") },
  {
    name: "kernel-oom",
    become: lost("lost: bustd kills processes itself, by its own choice"),
  },
  { name: "(k)", short: "k", become: nothing("does nothing in earlyoom either") },
  { name: "(i)", short: "i", become: nothing("does nothing in earlyoom either") },
  { name: "(v)", short: "v", become: nothing("earlyoom only prints its version with this") },
  { name: "help", short: "h", become: nothing("earlyoom only prints its help with this") },
];

const wrong = (comment: string): Imported => ({ comment, isWrong: true });

/** The TOML that makes bustd do what earlyoom does with these arguments. */
export function importEarlyoom(args: readonly string[]): Translation {
  const imported: From[] = [
    {
      from: "earlyoom does not look at pressure, and protects nobody by itself",
      what: {
        settings: ["psi = 0", "default-rules = false"],
        comment: "without these two lines bustd does both",
      },
    },
    {
      from: "earlyoom gives a process 10 s to exit, and SIGKILL only at the hard limits",
      what: { settings: ['kill-after = "10s"'] },
    },
  ];
  const budget = regexBudget();
  const limits = new Map<string, string>();
  const tokens = readTokens(
    args,
    ROWS.map(({ name, short, takesValue }) => ({ name, short, takesValue: takesValue === true })),
  );
  for (const token of tokens) {
    if (token.kind === "option-terminator") {
      continue;
    }
    if (token.kind === "positional") {
      imported.push({ from: token.value, what: wrong("earlyoom takes no such word") });
      continue;
    }
    const row = ROWS.find(({ name }) => name === token.name);
    const from = token.value === undefined ? token.rawName : `${token.rawName} ${token.value}`;
    if (row === undefined) {
      imported.push({ from, what: wrong("earlyoom 1.9 has no such flag") });
    } else if (row.takesValue === true && token.value === undefined) {
      imported.push({ from, what: wrong("its value is missing") });
    } else if (/^\([msMS]\)$/.test(row.name)) {
      limits.set(row.short ?? "", token.value ?? "");
    } else {
      imported.push({ from, what: row.become(token.value ?? "", budget) });
    }
  }
  for (const [flag, value] of limits) {
    imported.push({ from: `-${flag} ${value}`, what: limitSetting(flag, value) });
  }
  return translation(`What earlyoom ${args.join(" ")} does`.trimEnd(), imported);
}

const KEYS: Readonly<Record<string, string>> = {
  m: "mem",
  M: "mem-size",
  s: "swap",
  S: "swap-size",
};
const NUMBERS = /^\d+(\.\d+)?(,\d+(\.\d+)?)?$/;

/** `-m` and `-s` are percent, `-M` and `-S` are KiB; a soft limit below the hard one is raised. */
function limitSetting(flag: string, text: string): Imported {
  const isSize = flag === "M" || flag === "S";
  const [soft = 0, hard = soft / 2] = text.split(",").map(Number);
  const raised = Math.max(soft, hard);
  const parsed = parseLimits([String(raised), String(hard)], isSize ? "kib" : "percent", "");
  if (!NUMBERS.test(text) || raised === 0 || "problem" in parsed) {
    return wrong(isSize ? "neither a size in KiB nor two" : "no percentages");
  }
  const limits = isSize
    ? `["${raised}K", "${Math.floor(hard)}K"]`
    : `[${rounded(raised)}, ${rounded(hard)}]`;
  const settings = [`${KEYS[flag]} = ${limits}`];
  const said = [
    ...(raised > soft ? ["earlyoom raises SIGTERM's limit to SIGKILL's"] : []),
    ...(isSize ? [sizeText(flag === "M" ? "available memory" : "free swap", parsed.value)] : []),
  ];
  return said.length === 0 ? { settings } : { settings, comment: said.join("; ") };
}

function rounded(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** What a limit means, for those who think in larger units. */
function sizeText(what: string, { softKib = 0 }: Limits): string {
  const gib = softKib / 1024 / 1024;
  const size = gib >= 1 ? `${rounded(gib)} GiB` : `${rounded(softKib / 1024)} MiB`;
  return `acts at ${size} of ${what}`;
}
