import { ptr } from "bun:ffi";
import { Errno } from "../model/errno.ts";
import { orErrno, text, TEXT_BYTES } from "./arena.ts";
import { libc, openAio } from "./libc.ts";
import { nowMs } from "./waiting.ts";

/** As many as may be lost: glibc has 20 such threads at most. */
const SLOTS = 16;
/** All reads that are late together are waited for so long, every single one for this at least. */
const PATIENCE_MS = 250;
const SHORTEST_MS = 5;
const RENEWED_AFTER_MS = 1_000;

/** Before its text a slot has struct aiocb, its list for aio_suspend(3), and struct timespec. */
const LIST_AT = 256;
const TIME_AT = 264;
const HEAD_BYTES = 4096;
/** struct aiocb: the descriptor first; these are the same in glibc and musl. */
const BUFFER_AT = 16;
const LENGTH_AT = 24;
const NOTIFY_AT = 44;
const SIGEV_NONE = 1;
const EINPROGRESS = 115;

interface Slot {
  readonly address: number;
  readonly head: DataView;
  readonly text: Uint8Array;
  fd: number;
  /** Whose file is being read; 0: nobody's. */
  pid: number;
}

/** Opened by the first read: who has no rule on command lines does without. */
let aio: ReturnType<typeof openAio> | undefined;
const slots: Slot[] = [];
let patienceMs = PATIENCE_MS;
let lateAtMs = -Infinity;

function newSlot(): Slot {
  const arena = new ArrayBuffer(HEAD_BYTES + TEXT_BYTES);
  const address = ptr(arena) as number;
  const head = new DataView(arena, 0, HEAD_BYTES);
  head.setBigInt64(BUFFER_AT, BigInt(address + HEAD_BYTES), true);
  head.setBigInt64(LENGTH_AT, BigInt(TEXT_BYTES), true);
  head.setInt32(NOTIFY_AT, SIGEV_NONE, true);
  head.setBigInt64(LIST_AT, BigInt(address), true);
  return { address, head, text: new Uint8Array(arena, HEAD_BYTES), fd: -1, pid: 0 };
}

/**
 * Reads an open file of a process from its start into `text`, and closes it; ETIMEDOUT where it
 * cannot be read in time, ENOSYS or EAGAIN where there are no threads.
 *
 * For a command line the kernel takes the lock of a stranger's memory: who maps a file of a file
 * system of their own (FUSE) can hold it for ever, and what waits for it hears no signal but
 * SIGKILL. To look first whether somebody holds it is no way: it can be taken right after, and by a
 * process that nobody looked at. So it is read on a thread of the C library's own, by aio(7), which
 * may be lost; others end a second after their last read. When all are lost nobody's can be read
 * any more until the daemon is started again in place: then nobody is spared by a rule on it, which
 * is better than a hog that spares itself.
 */
export function readInTime(pid: number, fd: number): number {
  aio = aio === undefined ? openAio() : aio;
  if (aio === null) {
    libc.close(fd);
    return -Errno.ENOSYS;
  }
  const slot = freeSlot(pid);
  if (slot === null) {
    libc.close(fd);
    return -Errno.ETIMEDOUT;
  }
  slot.fd = fd;
  slot.pid = pid;
  slot.head.setInt32(0, fd, true);
  const started = orErrno(aio.aio_read(slot.address));
  if (started < 0) {
    release(slot);
    return started;
  }
  awaitRead(slot);
  if (isReading(slot)) {
    return -Errno.ETIMEDOUT;
  }
  const length = lengthOf(slot);
  if (length > 0) {
    text.set(slot.text.subarray(0, length));
  }
  return length;
}

/** A slot for a read, or null: all are lost, or this process's file is being read already. */
function freeSlot(pid: number): Slot | null {
  let free: Slot | null = null;
  for (const slot of slots) {
    if (slot.pid !== 0 && !isReading(slot)) {
      lengthOf(slot);
    }
    if (slot.pid === pid) {
      return null;
    }
    free = slot.pid === 0 && free === null ? slot : free;
  }
  if (free === null && slots.length < SLOTS) {
    free = newSlot();
    slots.push(free);
  }
  return free;
}

function isReading({ address }: Slot): boolean {
  return aio?.aio_error(address) === EINPROGRESS;
}

/** Takes what a read that is over brought: the number of bytes, or the negative error number. */
function lengthOf(slot: Slot): number {
  const error = aio?.aio_error(slot.address) ?? 0;
  const length = Number(aio?.aio_return(slot.address) ?? 0);
  release(slot);
  return error > 0 ? -error : length;
}

/** Only what is not being read may be closed: musl's close(3) would wait for the reader. */
function release(slot: Slot): void {
  libc.close(slot.fd);
  slot.fd = -1;
  slot.pid = 0;
}

/** Waits for a read; what was waited for in vain is taken from the patience with the next ones. */
function awaitRead({ address, head }: Slot): void {
  const startMs = nowMs();
  patienceMs = startMs - lateAtMs > RENEWED_AFTER_MS ? PATIENCE_MS : patienceMs;
  const waitMs = patienceMs > SHORTEST_MS ? patienceMs : SHORTEST_MS;
  head.setBigInt64(TIME_AT, 0n, true);
  head.setBigInt64(TIME_AT + 8, BigInt(Math.round(waitMs * 1e6)), true);
  if ((aio?.aio_suspend(address + LIST_AT, 1, address + TIME_AT) ?? 0) < 0) {
    lateAtMs = nowMs();
    patienceMs -= lateAtMs - startMs;
  }
}
