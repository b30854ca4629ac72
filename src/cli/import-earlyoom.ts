import { readTokens } from "./arguments.ts";
import {
  type From,
  type Imported,
  limitsSetting,
  regexSetting,
  totalKib,
  type Translation,
  translation,
} from "./imported.ts";
import type { Surroundings } from "./surroundings.ts";
import { parseLimits } from "./values.ts";

interface Row {
  readonly name: string;
  readonly short?: string;
  readonly takesValue?: true;
  become(value: string): Imported;
}

const nothing =
  (comment: string): Row["become"] =>
  () => ({ comment });
const switchedOn =
  (key: string): Row["become"] =>
  () => ({ settings: [`${key} = true`] });

/** Every flag of earlyoom 1.9, and what becomes of it. */
const ROWS: readonly Row[] = [
  // -m, -s, -M and -S are taken together, below.
  ...(["m", "s", "M", "S"] as const).map((short): Row => ({
    name: `(${short})`,
    short,
    takesValue: true,
    become: () => ({}),
  })),
  { name: "prefer", takesValue: true, become: (value) => regexSetting("prefer", value) },
  { name: "avoid", takesValue: true, become: (value) => regexSetting("avoid", value) },
  { name: "ignore", takesValue: true, become: (value) => regexSetting("ignore", value) },
  { name: "ignore-root-user", become: switchedOn("ignore-root-user") },
  { name: "sort-by-rss", become: switchedOn("sort-by-rss") },
  { name: "dryrun", become: switchedOn("dry-run") },
  { name: "debug", short: "d", become: switchedOn("verbose") },
  { name: "(g)", short: "g", become: switchedOn("kill-pgroup") },
  {
    name: "(r)",
    short: "r",
    takesValue: true,
    become: nothing("no counterpart; bustd logs what happens, and with verbose every look"),
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
    become: nothing("no counterpart; bustd waits 10 s, then takes the next one"),
  },
  { name: "(n)", short: "n", become: nothing("no counterpart among these settings") },
  {
    name: "(N)",
    short: "N",
    takesValue: true,
    become: nothing("no counterpart; no program is run after a kill"),
  },
  {
    name: "(P)",
    short: "P",
    takesValue: true,
    become: nothing("no counterpart; no program is run before a kill"),
  },
  { name: "syslog", become: nothing("no counterpart; the journal or a log file gets all lines") },
  {
    name: "kernel-oom",
    become: nothing("no counterpart; bustd ends processes itself, by its own choice"),
  },
  { name: "(k)", short: "k", become: nothing("does nothing in earlyoom either") },
  { name: "(i)", short: "i", become: nothing("does nothing in earlyoom either") },
  { name: "(v)", short: "v", become: nothing("earlyoom only prints its version with this") },
  { name: "help", short: "h", become: nothing("earlyoom only prints its help with this") },
];

const wrong = (comment: string): Imported => ({ comment, isWrong: true });

/** The TOML that makes bustd do what earlyoom does with these arguments. */
export function importEarlyoom(args: readonly string[], surroundings: Surroundings): Translation {
  const imported: From[] = [
    {
      from: "earlyoom does not look at pressure, and protects nobody by itself",
      what: {
        settings: ["psi = 0", "default-rules = false"],
        comment: "without these two lines bustd does both",
      },
    },
  ];
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
      imported.push({ from, what: row.become(token.value ?? "") });
    }
  }
  imported.push(...limitSettings("mem", limits.get("m"), limits.get("M"), surroundings));
  imported.push(...limitSettings("swap", limits.get("s"), limits.get("S"), surroundings));
  return translation(`What earlyoom ${args.join(" ")} does`.trimEnd(), imported);
}

/** `-m` and `-M`, or `-s` and `-S`: the lower of a percentage and a size. */
function limitSettings(
  key: "mem" | "swap",
  percent: string | undefined,
  size: string | undefined,
  surroundings: Surroundings,
): From[] {
  const flag = key === "mem" ? "m" : "s";
  const found: From[] = [];
  const leaveOut = (from: string, what: Imported): undefined => {
    found.push({ from, what });
    return undefined;
  };
  const total = totalKib(
    surroundings.readFile("/proc/meminfo"),
    key === "mem" ? "MemTotal" : "SwapTotal",
  );
  const byPercent =
    percent === undefined
      ? undefined
      : (parseLimits(percent) ?? leaveOut(`-${flag} ${percent}`, wrong("no percentages")));
  const sizeFlag = `-${flag.toUpperCase()} ${size}`;
  const bySize =
    size === undefined
      ? undefined
      : (sizeLimits(size, total) ?? leaveOut(sizeFlag, noPercentage(size)));
  const both = [byPercent, bySize].filter((limits) => limits !== undefined);
  if (both.length > 0) {
    const isRaised = both.some(({ hardPercent, softPercent }) => softPercent < hardPercent);
    const raised = both.map(({ hardPercent, softPercent }) => Math.max(softPercent, hardPercent));
    const soft = Math.min(...raised);
    const hard = Math.min(...both.map(({ hardPercent }) => hardPercent));
    const from = [
      ...(byPercent === undefined ? [] : [`-${flag} ${percent}`]),
      ...(bySize === undefined ? [] : [`${sizeFlag} (of ${total} KiB on this machine)`]),
    ];
    const settings = [limitsSetting(key, soft, hard)];
    const comment = "earlyoom raises SIGTERM's limit to SIGKILL's";
    const what = isRaised ? { settings, comment } : { settings };
    found.push({ from: from.join(" and "), what });
  }
  return found;
}

const SIZES = /^\d+(\.\d+)?(,\d+(\.\d+)?)?$/;

/** Sizes are no mistake where there is nothing for them to be a share of, such as no swap. */
function noPercentage(sizes: string): Imported {
  return SIZES.test(sizes)
    ? { comment: "cannot be made a percentage; left out" }
    : wrong("neither a size in KiB nor two");
}

function sizeLimits(text: string, total: number): ReturnType<typeof parseLimits> {
  const kib = text.split(",");
  const known = total > 0 && SIZES.test(text);
  const percents = kib.map((part) => Math.min(100, (100 * Number(part)) / total).toFixed(4));
  return known ? parseLimits(percents.join(",")) : null;
}
