import { Errno } from "../model/errno.ts";
import type { Sys } from "../sys/sys.ts";

/**
 * Lists all processes into `sys.pids`: how many, or a negative error number; EAGAIN when `goOn`,
 * which is asked from time to time, broke it off.
 */
export function listAll(sys: Pick<Sys, "listProcesses">, goOn: () => boolean = ALWAYS): number {
  let count = sys.listProcesses(false);
  while (count === -Errno.EAGAIN && goOn()) {
    count = sys.listProcesses(true);
  }
  return count;
}

const ALWAYS = () => true;
