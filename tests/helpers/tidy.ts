import { dirname, join } from "node:path/posix";
import { BANS, LIMITS, MORE_PACKAGES, ROOMS } from "./tidy-rules.ts";

/** A file by its path from the project's root, such as `src/policy/pace.ts`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly line: number;
  /** What stands between the quotes. */
  readonly name: string;
  /** The file it means, from the project's root; "" for a package. */
  readonly target: string;
}

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\()"([^"\n]+)"/g;

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function importsOf({ path, text }: SourceFile): Import[] {
  return [...text.matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? "";
    const target = name.startsWith(".") ? join(dirname(path), name) : "";
    return { line: lineAt(text, match.index), name, target };
  });
}

/** The innermost room of the table that a file lies in, or else the folder that is in none. */
function roomOf(path: string): string {
  const inner = path.slice("src/".length);
  const rooms = Object.keys(ROOMS).filter((room) => inner === room || inner.startsWith(`${room}/`));
  return rooms.toSorted((a, b) => b.length - a.length)[0] ?? inner.split("/")[0] ?? "";
}

function mayImport(from: string, target: string): boolean {
  const { isOfStrangers = false, mayImport: allowed = [] } = ROOMS[from] ?? {};
  const room = roomOf(target);
  if (room === from) {
    return !isOfStrangers;
  }
  if (allowed.includes(room) || allowed.includes(target.slice("src/".length))) {
    return true;
  }
  return allowed.includes("*") && room !== "daemon.ts" && room !== "main.ts";
}

function mayLoad(path: string, name: string): boolean {
  const packages = [...(ROOMS[roomOf(path)]?.packages ?? []), ...(MORE_PACKAGES[path] ?? [])];
  return packages.some((allowed) =>
    allowed.endsWith(":") ? name.startsWith(allowed) : name === allowed,
  );
}

/** Imports below `src/` that the table of rooms does not allow. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("src/"))
    .flatMap((file) => {
      const room = roomOf(file.path);
      if (ROOMS[room] === undefined) {
        return [
          `${file.path}: there is no room ${room} in the table of tests/helpers/tidy-rules.ts`,
        ];
      }
      return importsOf(file).flatMap(({ line, name, target }) => {
        const isAllowed = target === "" ? mayLoad(file.path, name) : mayImport(room, target);
        return isAllowed ? [] : [`${file.path}:${line}: ${room} may not import ${name}`];
      });
    });
}

/** Circles of imports, each said once. */
export function circularImports(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map((file) => [file.path, importsOf(file).map(({ target }) => target)]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      const circle = [...trail.slice(trail.indexOf(path)), path].join(" -> ");
      circles.push(`${path}: imports itself in a circle: ${circle}`);
    } else if (!done.has(path)) {
      for (const target of targets.get(path) ?? []) {
        visit(target, [...trail, path]);
      }
      done.add(path);
    }
  };
  for (const { path } of files) {
    visit(path, []);
  }
  return circles;
}

/** Files below `src/` that nothing on the way from `src/main.ts` imports. */
export function deadFiles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const waiting = ["src/main.ts"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file !== undefined && !reached.has(path)) {
      reached.add(path);
      waiting.push(...importsOf(file).map(({ target }) => target));
    }
  }
  return files
    .filter(({ path }) => path.startsWith("src/") && !reached.has(path))
    .map(({ path }) => `${path}: nothing that src/main.ts needs imports it; delete it`);
}

/** Files that are too long, and lines that are too wide. */
export function longFiles(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n");
    const wide = lines.flatMap((line, index) =>
      [...line].length > LIMITS.columns
        ? [`${path}:${index + 1}: ${[...line].length} columns; at most ${LIMITS.columns}`]
        : [],
    );
    return lines.length > LIMITS.fileLines
      ? [`${path}: ${lines.length} lines; at most ${LIMITS.fileLines}, split it`, ...wide]
      : wide;
  });
}

const INDENT = /^\s*/;
/** In formatted code a function starts in one of these ways … */
const FUNCTION_START = [
  /^\s*(export )?(default )?(async )?function\b/,
  /=> \{$/,
  /^\s+((async|static|protected|private|override|get|set) )*#?\w+\(.*\).*\{$/,
];
const NO_FUNCTION = /^\s*(\} )?(if|else|for|while|switch|catch|do|return|try)\b/;

/** … and ends at the first brace with the indentation it began with. */
export function longFunctions(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, index) => {
      const isArrow = line.endsWith("=> {");
      if (
        (NO_FUNCTION.test(line) && !isArrow) ||
        !FUNCTION_START.some((start) => start.test(line))
      ) {
        return [];
      }
      const indent = INDENT.exec(line)?.[0] ?? "";
      const isEnd = (other: string) => other.startsWith(`${indent}}`) && !other.endsWith("{");
      const end = lines.findIndex((other, at) => at > index && isEnd(other));
      const length = end - index + 1;
      return length > LIMITS.functionLines
        ? [`${path}:${index + 1}: a function of ${length} lines; at most ${LIMITS.functionLines}`]
        : [];
    });
  });
}

const COMMENT = /^\s*(\/\/|\/?\*)/;

/** Words that have a better replacement. */
export function bannedWords(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const bans = BANS.filter(({ where }) => where(path));
    return text.split("\n").flatMap((line, index) =>
      bans.flatMap(({ pattern, instead, alsoInComments }) => {
        const word = pattern.exec(line)?.[0];
        const isExempt = COMMENT.test(line) && alsoInComments !== true;
        return word === undefined || isExempt
          ? []
          : [`${path}:${index + 1}: ${word.trim()}: use ${instead}`];
      }),
    );
  });
}
