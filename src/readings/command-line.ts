import { Errno } from "../model/errno.ts";
import type { Sys } from "../sys/sys.ts";
import { decode, SPACE } from "./text.ts";

/** What may still be read of the command lines of each user in one scan, bytes. */
export type BytesLeft = Map<number, number>;

/**
 * A rule takes 0.2 µs for each character: command lines of one user count as a whole up to so much,
 * twice what the tabs of a browser have, and of each other one the beginning does.
 */
const WHOLE_BYTES = 256 * 1024;
const BEGINNING_BYTES = 512;

/** Errors of a command line that cannot be read in time. */
const LATE = new Set([-Errno.ETIMEDOUT, -Errno.ENOSYS, -Errno.EAGAIN]);

/** Who holds the lock of their memory keeps it from being read, which must not spare them. */
export const UNKNOWN = "";

/**
 * A command line, with blanks between the arguments and none at the end; "" where there is none.
 * Null: not readable; undefined: not in time.
 */
export function readCommandLine(
  sys: Sys,
  pid: number,
  uid: number,
  bytesLeft: BytesLeft,
): string | null | undefined {
  const length = sys.readProcessFile(pid, "cmdline");
  if (length <= 0) {
    return LATE.has(length) ? undefined : length < 0 && length !== -Errno.ENOENT ? null : "";
  }
  const left = bytesLeft.get(uid) ?? WHOLE_BYTES;
  const kept = Math.min(length, Math.max(left, BEGINNING_BYTES));
  bytesLeft.set(uid, left - kept);
  let end = 0;
  for (let at = 0; at < kept; at++) {
    if (sys.text[at] === 0) {
      sys.text[at] = SPACE;
    }
    end = sys.text[at] === SPACE ? end : at + 1;
  }
  return decode(sys.text, end);
}
