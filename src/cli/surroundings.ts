/** A configuration file as the system has it, or why it cannot be read. */
export type FoundFile =
  | {
      readonly kind: "found";
      readonly text: string;
      /** Of the file and of the directory it lies in, links followed; stat(2). */
      readonly uid: number;
      readonly mode: number;
      readonly directoryUid: number;
      readonly directoryMode: number;
    }
  | { readonly kind: "missing" }
  /** `reason` goes on after "cannot be read:". */
  | { readonly kind: "unreadable"; readonly reason: string };

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
  readFile(path: string): FoundFile;
  /** Names in a directory; none where it cannot be read. */
  listDirectory(path: string): readonly string[];
}
