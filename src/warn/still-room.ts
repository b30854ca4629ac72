import type { Daemon } from "../daemon-state.ts";
import * as limits from "../model/limits.ts";
import { isLow } from "../policy/levels.ts";
import { parseMeminfo } from "../readings/memory.ts";

/**
 * A scan that nobody is waiting for looks at memory from time to time, and is broken off when that
 * is low: then whoever decides must look. What the daemon decides by stays as it was.
 */
export function stillRoom({ machine, options, reading, sys }: Daemon): () => boolean {
  const seen = { ...reading };
  parseMeminfo(sys.text, sys.readFromStart(machine.meminfoFd), seen);
  // What ZFS would give back stands in a file of its own.
  const besideKib = reading.availableKib - seen.availableKib;
  let lookedAtMs = sys.nowMs();
  return () => {
    const nowMs = sys.nowMs();
    if (nowMs - lookedAtMs < limits.SCAN_SLICE_MS) {
      return true;
    }
    lookedAtMs = nowMs;
    const isRead = parseMeminfo(sys.text, sys.readFromStart(machine.meminfoFd), seen);
    seen.availableKib += besideKib;
    return isRead && !isLow(seen, options);
  };
}
