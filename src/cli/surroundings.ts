import type { Places } from "../model/places.ts";

import type { Place } from "./toml.ts";

/** A file as the system has it, or why it cannot be read. */
export type FoundFile =
  | {
      readonly kind: "found";
      readonly text: string;
      /** Where the first bytes stand that are not UTF-8; U+FFFD stands for them in the text. */
      readonly notUtf8?: Place;
      /** It is reached by a link, perhaps of a directory. */
      readonly isLinked?: true;
      /** Of the file and of the directory it lies in, links followed; stat(2). */
      readonly uid: number;
      readonly mode: number;
      readonly directoryUid: number;
      readonly directoryMode: number;
    }
  | { readonly kind: "missing" }
  /** `/dev/null`, or a link to it: nothing, on purpose. */
  | { readonly kind: "null" }
  /** `reason` goes on after "cannot be read:". */
  | { readonly kind: "unreadable"; readonly reason: string };

/** Names in a directory; none where there is no such directory. */
export interface FoundDirectory {
  readonly names: readonly string[];
  /** Why they cannot be read, or "". */
  readonly reason: string;
}

/** All that the command line depends on beside what was typed. Nothing here may throw. */
export interface Surroundings {
  readonly version: string;
  readonly isRoot: boolean;
  readonly pid: number;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** `JOURNAL_STREAM` names what standard error is; systemd.exec(5). */
  readonly stderrIsJournal: boolean;
  /** Environment variables, or "" where they are not set; sd_notify(3), sd_watchdog_enabled(3). */
  readonly notifySocket: string;
  readonly watchdogUsec: string;
  readonly watchdogPid: string;
  /** Working directory, to which a relative path given for a file belongs. */
  readonly directory: string;
  /** Whether systemd runs the machine; sd_booted(3). */
  readonly hasSystemd: boolean;
  /** Where a daemon leaves what outlives it; null where there is no place for it. */
  readonly places: Places | null;
  /** Reads a file of up to 1 MiB, and nothing but a file: a pipe could keep us waiting. */
  readFile(path: string): FoundFile;
  listDirectory(path: string): FoundDirectory;
  /** Why a hook's program may not be run, as the end of a sentence; null if it may. */
  programProblem(path: string): string | null;
}
