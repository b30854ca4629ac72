import type { FoundFile, Surroundings } from "../../src/cli/surroundings.ts";

/** A file of root's in a directory of root's. */
export function rootFile(text: string, changes: Partial<FoundFile> = {}): FoundFile {
  return {
    kind: "found",
    text,
    uid: 0,
    mode: 0o100644,
    directoryUid: 0,
    directoryMode: 0o40755,
    ...changes,
  } as FoundFile;
}

/** A machine on paper, with these files: texts, or files as they are found. */
export function paperSurroundings(
  files: Readonly<Record<string, string | FoundFile>> = {},
  changes: Partial<Surroundings> = {},
): Surroundings {
  return {
    version: "1.2.3",
    isRoot: true,
    pid: 42,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    stderrIsJournal: false,
    notifySocket: "",
    watchdogUsec: "",
    watchdogPid: "",
    directory: "/here",
    hasSystemd: true,
    places: null,
    readFile: (path) => {
      const file = files[path];
      return typeof file === "string" ? rootFile(file) : (file ?? { kind: "missing" });
    },
    listDirectory: (path) => ({
      names: Object.keys(files)
        .filter((file) => file.startsWith(`${path}/`))
        .map((file) => file.slice(path.length + 1)),
      reason: "",
    }),
    programProblem: () => null,
    ...changes,
  };
}
