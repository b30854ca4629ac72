import type { FileSettings } from "./file.ts";
import type { FindUser } from "./file-rule.ts";
import { gathered } from "./patterns.ts";
import { printable } from "./quote.ts";
import { textOf } from "./read-text.ts";
import { type Budget, regexBudget } from "./regex/budget.ts";
import type { Settings } from "./settings.ts";
import type { FoundFile, Surroundings } from "./surroundings.ts";

const VENDOR_FILE = "/usr/lib/bustd/bustd.toml";
const MAIN_FILE = "/etc/bustd/bustd.toml";
const DROP_INS = "/etc/bustd/bustd.toml.d";
/** Where files lie that are nobody's but bustd's. */
const OWN_PLACES = ["/usr/lib/bustd/", "/etc/bustd/"];

/** All files together: nobody protects the machine while a running daemon reads them again. */
const MOST_CHARACTERS = 64 * 1024;
/** Each is compared with each process in a crisis. */
const MOST_RULES = 1000;
const MOST_PATTERNS = 2000;
/** They run one after the other. */
const MOST_HOOKS = 20;
const MOST_DROP_INS = 100;
/** More are not read by anybody. */
const MOST_SENTENCES = 20;

/** A path as it is from everywhere. */
export function absolutePath(path: string, { directory }: Surroundings): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

/** What all files say together. */
export interface Configuration {
  readonly settings: Partial<Settings>;
  readonly sentences: readonly string[];
  /** What holds nobody up, but will surprise. */
  readonly warnings: readonly string[];
  /** Files that were read, in order. */
  readonly read: readonly string[];
}

/**
 * Reads the vendor's file, the administrator's and the drop-ins in the order of their names, or one
 * file instead of all. A later one wins; rules of all are kept. `/dev/null`, or a link to it,
 * stands for no file. Nothing is loaded if there is none. `budget` is for all expressions together.
 */
export async function readConfiguration(
  instead: string | null,
  surroundings: Surroundings,
  budget: Budget = regexBudget(),
): Promise<Configuration> {
  const standard = standardPaths(surroundings);
  const found = (instead === null ? standard.paths : [instead])
    .map((path) => ({ path, file: surroundings.readFile(path) }))
    .filter(
      ({ file, path }) => file.kind !== "null" && (file.kind !== "missing" || path === instead),
    );
  const ignored = instead === null ? standard : { sentences: [], warnings: [] };
  if (found.length === 0) {
    return { settings: {}, ...limited(ignored), read: [] };
  }
  const { readFileSettings } = await import("./file.ts");
  const findUser = userFinder(surroundings);
  const files: Omit<FileSettings, "warnings">[] = [];
  const warnings = [...ignored.warnings];
  const sentences = [...ignored.sentences];
  let length = 0;
  for (const { path, file } of found) {
    const read = textOf(path, file);
    const refused = "problem" in read ? read.problem : refusal(path, file, surroundings.isRoot);
    length += "text" in read ? read.text.length : 0;
    if (refused !== null || length > MOST_CHARACTERS || "problem" in read) {
      sentences.push(refused ?? `${printable(path)}: ${TOO_LONG}`);
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- they share the allowance for expressions
    const said = await readFileSettings(path, read.text, findUser, budget);
    files.push(said);
    sentences.push(...said.sentences);
    warnings.push(...said.warnings);
  }
  const rule = files.flatMap(({ settings }) => settings.rule ?? []);
  const hook = files.flatMap(({ settings }) => settings.hook ?? []);
  if (rule.length > MOST_RULES) {
    sentences.push(`found ${rule.length} rules, allowed are ${MOST_RULES}: join some of them`);
  }
  const patterns = patternsIn(files);
  if (patterns > MOST_PATTERNS) {
    sentences.push(`found ${patterns} patterns, allowed are ${MOST_PATTERNS}: join some of them`);
  }
  if (hook.length > MOST_HOOKS) {
    sentences.push(`found ${hook.length} hooks, allowed are ${MOST_HOOKS}: join some of them`);
  }
  const tables = { rule, ...(hook.length > 0 ? { hook } : {}) };
  return {
    settings: Object.assign({}, ...files.map(({ settings }) => settings), tables),
    ...limited({ sentences, warnings }),
    read: found.map(({ path }) => path),
  };
}

/** Those that are compared one by one; names without wildcards are looked up. */
function patternsIn(files: readonly Pick<FileSettings, "settings">[]): number {
  return files
    .flatMap(({ settings: { rule = [], unkillables = [] } }) => [
      gathered(unkillables),
      ...rule.flatMap(({ match: { comm, exe, cmdline, cgroup, unit } }) =>
        [comm, exe, cmdline, cgroup, unit].filter((list) => list !== undefined),
      ),
    ])
    .reduce((sum, { length }) => sum + length, 0);
}

const MOST_KIB = MOST_CHARACTERS / 1024;
const TOO_LONG = `cannot be read: with it, all files together are larger than ${MOST_KIB} KiB`;

interface Said {
  readonly sentences: readonly string[];
  readonly warnings: readonly string[];
}

function limited({ sentences, warnings }: Said): Said {
  return { sentences: shorter(sentences), warnings: shorter(warnings) };
}

/** As many as somebody reads. */
function shorter(list: readonly string[]): readonly string[] {
  const more = list.length - MOST_SENTENCES;
  return more > 0 ? [...list.slice(0, MOST_SENTENCES), `and ${more} more like these`] : list;
}

interface StandardPaths extends Said {
  readonly paths: readonly string[];
}

/** Left by editors and package managers, and no mistake. */
const LEFTOVER =
  /~$|\.(bak|old|orig|sw[op]|rpm(new|save|orig)|pac(new|save)|dpkg-\w+|ucf-\w+)$|^README/;

function standardPaths(surroundings: Surroundings): StandardPaths {
  const { names, reason } = surroundings.listDirectory(DROP_INS);
  const shown = names.filter((name) => !name.startsWith("."));
  const dropIns = shown
    .filter((name) => name.endsWith(".toml"))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => `${DROP_INS}/${name}`);
  const tooMany = `${DROP_INS}: found ${dropIns.length} drop-ins, allowed are ${MOST_DROP_INS}`;
  const others = shown.filter((name) => !name.endsWith(".toml") && !LEFTOVER.test(name));
  return {
    paths: [VENDOR_FILE, MAIN_FILE, ...dropIns.slice(0, MOST_DROP_INS)],
    sentences: [
      ...(reason === "" ? [] : [`${DROP_INS}: cannot be read: ${reason}`]),
      ...(dropIns.length > MOST_DROP_INS ? [tooMany] : []),
    ],
    warnings: others.map(
      (name) => `${DROP_INS}/${printable(name)}: not read: names of drop-ins end in .toml`,
    ),
  };
}

/** `S_IWGRP | S_IWOTH` and `S_ISVTX` of inode(7). */
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** Why root does not read a file that others could have written, and what harmless thing to do. */
function refusal(path: string, file: FoundFile, isRoot: boolean): string | null {
  if (!isRoot || file.kind !== "found") {
    return null;
  }
  const shown = printable(path);
  const isOpen = file.uid !== 0 || (file.mode & OTHERS_WRITE) !== 0;
  const isDirectoryOpen =
    file.directoryUid !== 0 ||
    ((file.directoryMode & OTHERS_WRITE) !== 0 && (file.directoryMode & STICKY) === 0);
  if (!isOpen && !isDirectoryOpen) {
    return null;
  }
  const what = isOpen ? "this file" : "its directory";
  const whose = isOpen ? shown : printable(path.slice(0, path.lastIndexOf("/")));
  const isOurs = OWN_PLACES.some((place) => path.startsWith(place)) && file.isLinked !== true;
  const remedy = isOurs
    ? `chown root and chmod go-w ${whose}`
    : "use a copy in a directory that only root can write, such as /etc/bustd";
  return `${shown}: others than root can write ${what}; ${remedy}`;
}

/** Looks users up in passwd(5), which is read when the first is asked for. */
function userFinder(surroundings: Surroundings): FindUser {
  let users: ReadonlyMap<string, number> | null = null;
  return (name) => {
    users ??= readUsers(surroundings.readFile("/etc/passwd"));
    return users.get(name) ?? null;
  };
}

function readUsers(file: FoundFile): ReadonlyMap<string, number> {
  const lines = file.kind === "found" ? file.text.split("\n") : [];
  return new Map(
    lines
      .map((line) => line.split(":"))
      .filter(([, , uid = ""]) => /^\d+$/.test(uid))
      .map(([name = "", , uid]) => [name, Number(uid)]),
  );
}
