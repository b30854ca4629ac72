import { chmodSync, chownSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";

/**
 * Writes a file that is whole whenever somebody reads it, with these permissions and, if it is
 * given, this owner; what was there stays if that fails. Null, or a sentence.
 */
export function writeWhole(path: string, text: string, mode: number, uid?: number): string | null {
  // Who collects such files reads only names that end as theirs do.
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: uid === undefined ? mode : 0o600, flag: "wx" });
    if (uid !== undefined) {
      // Whatever the umask; and in this order, for a file of somebody else's takes a right more.
      chmodSync(temporary, mode);
      chownSync(temporary, uid, -1);
    }
    renameSync(temporary, path);
    return null;
  } catch (error) {
    rmSync(temporary, { force: true });
    const { errno = 0 } = error as NodeJS.ErrnoException;
    return `${path}: ${errnoSentence(Math.abs(errno))}`;
  }
}
