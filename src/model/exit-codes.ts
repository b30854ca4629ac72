/** What the program answers its caller; documented in the README and the man page. */
export const ExitCode = {
  /** Stopped by SIGTERM, SIGINT or SIGQUIT, or the command did what it was asked. */
  ok: 0,
  /** The command found problems, or could not write its answer; `doctor`: works with limits. */
  problems: 1,
  /** A flag, an argument or the configuration is wrong; nothing was started. */
  usage: 2,
  /** The kernel is too old, or libc cannot be reached. */
  unsupported: 3,
  /** Another bustd holds the pid file. */
  alreadyRunning: 4,
  /** The log or pid file cannot be opened, or the daemon did not come up. */
  notStarted: 5,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
