import type { FileSettings } from "./file.ts";
import type { FindUser } from "./file-rule.ts";
import { printable } from "./quote.ts";
import type { Settings } from "./settings.ts";
import type { FoundFile, Surroundings } from "./surroundings.ts";

const VENDOR_FILE = "/usr/lib/bustd/bustd.toml";
const MAIN_FILE = "/etc/bustd/bustd.toml";
const DROP_INS = "/etc/bustd/bustd.toml.d";

/** A path as it is from everywhere. */
export function absolutePath(path: string, { directory }: Surroundings): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

/** What all files say together. */
export interface Configuration {
  readonly settings: Partial<Settings>;
  readonly sentences: readonly string[];
  /** Files that were read, in order. */
  readonly read: readonly string[];
}

/**
 * Reads the vendor's file, the administrator's and the drop-ins in the order of their names, or one
 * file instead of all. A later one wins; rules of all are kept. Nothing is loaded if there is none.
 */
export async function readConfiguration(
  instead: string | null,
  surroundings: Surroundings,
): Promise<Configuration> {
  const found = (instead === null ? standardPaths(surroundings) : [instead])
    .map((path) => ({ path, file: surroundings.readFile(path) }))
    .filter(({ path, file }) => file.kind !== "missing" || path === instead);
  if (found.length === 0) {
    return { settings: {}, sentences: [], read: [] };
  }
  const { readFileSettings } = await import("./file.ts");
  const findUser = userFinder(surroundings);
  const files = await Promise.all<FileSettings>(
    found.map(({ path, file }) => {
      const refused = refusal(path, file, surroundings.isRoot);
      return file.kind !== "found" || refused !== null
        ? { settings: {}, sentences: refused === null ? [] : [refused] }
        : readFileSettings(path, file.text, findUser);
    }),
  );
  const rule = files.flatMap(({ settings }) => settings.rule ?? []);
  return {
    settings: Object.assign({}, ...files.map(({ settings }) => settings), { rule }),
    sentences: files.flatMap(({ sentences }) => sentences),
    read: found.map(({ path }) => path),
  };
}

function standardPaths(surroundings: Surroundings): string[] {
  const dropIns = surroundings
    .listDirectory(DROP_INS)
    .filter((name) => name.endsWith(".toml") && !name.startsWith("."))
    .toSorted((a, b) => (a < b ? -1 : 1));
  return [VENDOR_FILE, MAIN_FILE, ...dropIns.map((name) => `${DROP_INS}/${name}`)];
}

/** `S_IWGRP | S_IWOTH` and `S_ISVTX` of inode(7). */
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** Why a file is not read: it is not there, or, as root, others could have written it. */
function refusal(path: string, file: FoundFile, isRoot: boolean): string | null {
  const shown = printable(path);
  if (file.kind !== "found") {
    const reason = file.kind === "missing" ? "there is no such file" : file.reason;
    return `${shown}: cannot be read: ${reason}`;
  }
  if (!isRoot) {
    return null;
  }
  if (file.uid !== 0 || (file.mode & OTHERS_WRITE) !== 0) {
    return `${shown}: others than root can write this file; chown it to root and chmod go-w`;
  }
  const open = (file.directoryMode & OTHERS_WRITE) !== 0 && (file.directoryMode & STICKY) === 0;
  return file.directoryUid !== 0 || open
    ? `${shown}: others than root can write its directory; chown it to root and chmod go-w`
    : null;
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
