/**
 * The flight recorder: the readings of the last minutes, and counts since boot, in a mapped file
 * that commands read without asking the daemon, and that outlives it (`layout.ts` has the format).
 *
 * What the daemon does with it:
 *
 * 1. `openRing` before memory is locked: its 16 pages are there then and stay.
 * 2. `noteStart` at a start that is not one in place.
 * 3. `recordLook` at each look. It allocates nothing and makes no system call: the wall clock, read
 *    once a minute, is the vDSO's.
 * 4. `noteKill`, `noteNobody` when it has acted; `writeIncident` (incidents.ts) counts by itself,
 *    and takes its looks from `readRing(ring.bytes)`.
 * 5. `writeStanding` (standing.ts) when it is up: what `status` shows of its settings.
 */
import type { Sys } from "../sys/sys.ts";
import { At, BOOT_BYTES, FINE, MAGIC, RING_BYTES, ROW_WORDS, VERSION } from "./layout.ts";

/** The mapped file. All three look at the same bytes. */
export interface Ring {
  readonly sys: Sys;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
}

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** The directory of a path. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** The bytes of the boot's id, of which the kernel shows hexadecimal digits and dashes. */
function bootId(sys: Sys): Uint8Array {
  const id = new Uint8Array(BOOT_BYTES);
  const length = sys.readFile(BOOT_ID);
  let digits = 0;
  for (let i = 0; i < length && digits < 2 * BOOT_BYTES; i++) {
    const code = sys.text[i] ?? 0;
    const value = code >= 97 ? code - 87 : code - 48;
    if (value >= 0 && value < 16) {
      id[digits >> 1] = ((id[digits >> 1] ?? 0) << 4) | value;
      digits++;
    }
  }
  return id;
}

/** Whether the file is a ring of this version and this boot. */
function isCurrent({ bytes, words }: Ring, boot: Uint8Array): boolean {
  for (let i = 0; i < BOOT_BYTES; i++) {
    if (bytes[4 * At.boot + i] !== boot[i]) {
      return false;
    }
  }
  return (
    words[At.magic] === MAGIC[0] &&
    words[At.magic + 1] === MAGIC[1] &&
    words[At.version] === VERSION &&
    words[At.headerBytes] === 4 * FINE.at &&
    words[At.rowBytes] === 4 * ROW_WORDS &&
    words[At.fileBytes] === RING_BYTES
  );
}

/**
 * Maps the ring at this path and makes its directory if need be. A file that is no ring of this
 * version and boot is begun anew. The ring, or the negative error number of mmap(2) and its kin:
 * the daemon goes on without it then.
 */
export function openRing(sys: Sys, path: string): Ring | number {
  sys.makeDirectory(directoryOf(path), 0o755);
  const memory = sys.mapFile(path, RING_BYTES);
  if (typeof memory === "number") {
    return memory;
  }
  const ring: Ring = {
    sys,
    words: new Uint32Array(memory),
    doubles: new Float64Array(memory),
    bytes: new Uint8Array(memory),
  };
  const boot = bootId(sys);
  if (!isCurrent(ring, boot)) {
    const { bytes, words } = ring;
    bytes.fill(0);
    bytes.set(boot, 4 * At.boot);
    words[At.version] = VERSION;
    words[At.headerBytes] = 4 * FINE.at;
    words[At.rowBytes] = 4 * ROW_WORDS;
    words[At.fileBytes] = RING_BYTES;
    // Last: a reader takes it for a ring from now on.
    words[At.magic] = MAGIC[0];
    words[At.magic + 1] = MAGIC[1];
  }
  setClock(ring, sys.nowMs());
  return ring;
}

/** Reads the wall clock again: people set it, and it goes on while a machine is suspended. */
export function setClock({ doubles, sys }: Ring, atMs: number): void {
  doubles[At.wallOffsetMs] = sys.wallMs() - atMs;
  doubles[At.clockAt] = atMs;
}

/** Milliseconds since 1970 at a moment of CLOCK_MONOTONIC, as the clock stood when last read. */
export function wallMsAt({ doubles }: Ring, atMs: number): number {
  return atMs + (doubles[At.wallOffsetMs] ?? 0);
}

/** Notes that a daemon has started, not in place: its pid, and whether it runs dry. */
export function noteStart(ring: Ring, pid: number, dryRun: boolean): void {
  const { doubles, sys, words } = ring;
  words[At.pid] = pid;
  words[At.dryRun] = dryRun ? 1 : 0;
  words[At.starts] = (words[At.starts] ?? 0) + 1;
  doubles[At.startedAt] = sys.nowMs();
}

/** A ring with a header and no place for rows: what is written there is gone. */
export function smallRing(sys: Sys): Ring {
  const memory = new ArrayBuffer(4 * FINE.at);
  const [words, doubles] = [new Uint32Array(memory), new Float64Array(memory)];
  return { sys, words, doubles, bytes: new Uint8Array(memory) };
}
