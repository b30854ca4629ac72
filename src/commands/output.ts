import { writeSync } from "node:fs";
import { Errno, errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";

const STDOUT = 1;
/** How long a reader that is slower is waited for before the next try. */
const RETRY_MS = 5;

/** The positive error number for which standard output takes no more, or 0. */
let failed = 0;

/** Writes all of a text to standard output; false where that fails, as `closeOutput` tells then. */
export function print(text: string | Buffer): boolean {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length && failed === 0;) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      const errno = Math.abs((error as NodeJS.ErrnoException).errno ?? 0);
      if (errno === Errno.EAGAIN) {
        Bun.sleepSync(RETRY_MS);
      } else {
        failed = errno || Errno.EPIPE;
      }
    }
  }
  return failed === 0;
}

/**
 * The exit code of a command that would have ended with this one: where its answer could not be
 * written, that is complained of. Who closes a pipe has read enough, as head(1).
 */
export function closeOutput(code: number): number {
  if (failed === 0 || failed === Errno.EPIPE) {
    return code;
  }
  const reason = errnoSentence(failed);
  process.stderr.write(`bustd: standard output: ${reason}; the answer is not complete\n`);
  return code === ExitCode.ok ? ExitCode.problems : code;
}
