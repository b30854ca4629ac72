/** What strangers chose comes out escaped, whatever command prints it and wherever it stood. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIncident } from "../../src/commands/read-incident.ts";
import type { Incident } from "../../src/model/incident.ts";
import { isUnprintable } from "../../src/model/unprintable.ts";
import { noteKill } from "../../src/recorder/counts.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { NOBODY } from "../../src/replay/fields.ts";
import { headerLine, RecordingWriter } from "../../src/replay/recording.ts";
import { aKill } from "../helpers/announced.ts";
import { hostileIncident } from "../helpers/hostile-incident.ts";
import { PaperRing, someParts } from "../helpers/recorded.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const left = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";

/** What is seen as nothing, turns text around, moves the cursor or ends a line. */
const EVIL = "\u009b31m\u202e\u00ad\u180e\ufff9\u{e0041}\u200b\u061c\x1b]0;t\x07";
/** A line that nobody but a stranger wrote. */
const OWN_LINE = "killed-by-nobody";
const HOSTILE = `a${EVIL}\u2028\r\n${OWN_LINE}`;
const LETTERS = [...EVIL].filter((letter) => isUnprintable(letter.codePointAt(0) ?? 0));

type Path = readonly string[];

/** Where texts stand in a document. */
function textsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value === "string") {
    return [path];
  }
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]))
    : [];
}

function holderOf(document: unknown, path: Path): Record<string, unknown> {
  const holder = path
    .slice(0, -1)
    .reduce((at, key) => (at as Record<string, unknown>)[key], document);
  return holder as Record<string, unknown>;
}

/** The incident with every text hostile that its reader does not refuse then, but for these. */
function poisoned(incident: Incident, except: readonly string[] = []): string {
  const copy: unknown = JSON.parse(JSON.stringify(incident));
  let count = 0;
  for (const path of textsIn(copy)) {
    const holder = holderOf(copy, path);
    const key = path.at(-1) ?? "";
    const before = holder[key];
    holder[key] = except.includes(key) ? before : HOSTILE;
    if ("problem" in readIncident(JSON.stringify(copy))) {
      holder[key] = before;
    }
    count += holder[key] === HOSTILE ? 1 : 0;
  }
  expect(count).toBeGreaterThan(5);
  return JSON.stringify(copy);
}

const top = mkdtempSync(join(tmpdir(), "bustd-output-"));
const directory = join(top, HOSTILE);
const incidents = join(directory, "incidents");
const one = join(incidents, "20261128T120000.123Z-4242.json");
const news = join(top, "news");

/** A text of TOML's that has these characters and does not show them. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

/** What all keys are in a file that is hostile from end to end. */
function configuration(): string {
  const lines = (keys: string) =>
    [...keys.split(" "), HOSTILE].map((key) => `${toml(key)} = ${toml(HOSTILE)}\n`).join("");
  return [
    lines("unkillables ignore prefer avoid oom-score-adj when psi mem kill-after"),
    `[[rule]]\n${lines("comm exe cmdline cgroup unit user older-than avoid group kill-after")}`,
    `[[hook]]\n${lines("on run user timeout")}`,
    `[${toml(`x${HOSTILE}`)}]\n`,
  ].join("");
}

function earlyoom(): string {
  const names = LETTERS.map((letter) => `x${letter}`).join("|");
  const words = `--prefer ^(${names})$ --avoid ^[${names} --${names} -N /${names} ${names}`;
  return `EARLYOOM_ARGS="${words}"\n`;
}

function nohang(): string {
  const all = LETTERS.join("");
  const rows = LETTERS.map(
    (x) => `@BADNESS_ADJ_RE_NAME 5 /// ^x${x}$\n@BADNESS_ADJ_RE_CMDLINE 5 /// (${x}\n${x} = ${x}\n`,
  );
  return `soft_threshold_min_mem = ${all}\n${rows.join("")}warning_exe = /${all}\n`;
}

/** A process of such a name takes memory. */
function recording(): string {
  const writer = new RecordingWriter();
  const lines = Array.from({ length: 20 }, (_, i) => {
    const MemAvailable = 900_000 - i * 45_000;
    const pressure = { avg10: 90, totalUs: i * 90_000 };
    const leak = { ...NOBODY, pid: 7, comm: HOSTILE, anonKib: i * 45_000, oomScore: 700 + i };
    return writer.line({
      atMs: i * 100,
      meminfo: { MemTotal: 1e6, MemFree: MemAvailable, MemAvailable, SwapTotal: 0, SwapFree: 0 },
      vmstat: { oom_kill: 0 },
      some: pressure,
      full: pressure,
      arcKib: 0,
      processes: new Map([[7, leak]]),
    });
  });
  const times = { atMs: 5000, bootMs: 6000, wallMs: 1e12 };
  return (
    headerLine({ ...times, kernel: "6.1", pageKib: 4, ramKib: 1e6, ownPid: 0 }) + lines.join("")
  );
}

/** Writes a file beside the incidents; its path. */
function written(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o640 });
  return path;
}

/** What it prints, on standard output and error. */
function said(...words: readonly string[]): string {
  const env = { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8", PAGER: "false" };
  const { stderr, stdout } = Bun.spawnSync([EXECUTABLE, ...words], { env, stdin: "ignore" });
  return `${stdout.toString()}${stderr.toString()}`;
}

beforeAll(() => {
  mkdirSync(incidents, { recursive: true });
  mkdirSync(join(news, "incidents"), { recursive: true });
  writeFileSync(one, poisoned(incidentOf(someParts())), { mode: 0o640 });
  const kernels = { kind: "kernel", selection: null, outcome: null, verdict: null } as const;
  for (const [i, incident] of [hostileIncident(), incidentOf(someParts(kernels))].entries()) {
    const path = join(incidents, `20261128T13000${i}.000Z-7.json`);
    writeFileSync(path, poisoned(incident), { mode: 0o640 });
  }
  writeFileSync(join(incidents, `20261128T140000.000Z-${HOSTILE}.json`), "{", { mode: 0o640 });
  const paper = new PaperRing();
  paper.look(500);
  noteKill(paper.ring, HOSTILE as "leak", false, 1);
  written("ring", paper.bytes());
  const fresh = aKill({ wallMs: Date.now() });
  const path = join(news, "incidents", `${fresh.id}.json`);
  writeFileSync(path, poisoned(fresh, ["id"]), { mode: 0o640 });
});
afterAll(() => rmSync(top, { recursive: true }));

const SCRIPT = `printf '%s\\n' "$BUSTD_COMM" '${HOSTILE}' >&2; exit 3`;
const HOOK = `[[hook]]\non = "killed"\nrun = ["/bin/sh", "-c", ${toml(SCRIPT)}]\n`;
const NO_HOOK = `[[hook]]\non = "killed"\nrun = [${toml(`/${HOSTILE}`)}]\n`;

describe.skipIf(!isBuilt)(`names of strangers${left}`, () => {
  /** What is printed, and a piece of it that shows that they were in it. */
  const rows: readonly (readonly [string, () => string, string])[] = [
    ["incidents", () => said("incidents", "-D", directory), "\\u{202e}"],
    ["incidents --json", () => said("incidents", "-D", directory, "--json"), "\\u202e"],
    ["incidents WHICH", () => said("incidents", "-D", directory, `x${HOSTILE}`), "\\u{202e}"],
    ["explain", () => said("explain", "-D", directory, "4242"), "\\u{202e}"],
    ["explain FILE", () => said("explain", one), "\\u{202e}"],
    ["explain, of the kernel", () => said("explain", "-D", directory, "-1"), "\\u{202e}"],
    ["explain --json", () => said("explain", "-D", directory, "--json"), "\\u202e"],
    ["report", () => said("report", "-D", directory, "4242", "--html", "-"), "\\u{202e}"],
    ["replay INCIDENT", () => said("replay", one, "-s", "100"), "\\u{202e}"],
    ["replay FILE", () => said("replay", written("r", recording()), "-s", "100"), "\\u{202e}"],
    ["replay --json", () => said("replay", written("r", recording()), "--json"), "\\u202e"],
    ["replay of none", () => said("replay", written("none", HOSTILE)), "\\u{202e}"],
    ["tune", () => said("tune", written("r", recording())), "No proposal"],
    ["status", () => said("status", "-D", directory), "\\u{202e}"],
    ["status --json", () => said("status", "-D", directory, "--json"), "\\u202e"],
    ["metrics", () => said("metrics", "-D", directory), "\\u{202e}"],
    ["a configuration", () => said("check-config", written("b", configuration())), "comm: "],
    ["one that is none", () => said("check-config", written("c", HOSTILE)), "\\u{202e}"],
    ["a hook of none", () => said("check-config", written("h", NO_HOOK)), "\\u{202e}"],
    ["doctor", () => said("doctor", "--config", written("d", configuration())), "unkillables: "],
    ["a hook", () => said("announce", "-D", news, "--config", written("a", HOOK)), "says: "],
    ["a command", () => said(HOSTILE), "\\u{202e}"],
    ["help", () => said("help", HOSTILE), "\\u{202e}"],
    ["a flag", () => said(`--${HOSTILE}`), "\\u{202e}"],
    ["a value", () => said(`--prefer=(${HOSTILE}`), "\\u{202e}"],
    ["import", () => said("import", "earlyoom", written("e", earlyoom())), "\\u{202e}"],
    ["import nohang", () => said("import", "nohang", written("n", nohang())), "\\u202e"],
  ];

  test.each(rows)("%s", (_what, run, piece) => {
    const text = run();
    expect(text).toContain(piece);
    const seen = [...text].filter(
      (letter) => letter !== "\n" && isUnprintable(letter.codePointAt(0) ?? 0),
    );
    expect(seen.map((letter) => letter.codePointAt(0)?.toString(16))).toEqual([]);
    expect(text.split("\n").filter((line) => line.startsWith(OWN_LINE))).toEqual([]);
  });
});
