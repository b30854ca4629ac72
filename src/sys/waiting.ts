import { At, base, encode, i16, orErrno, setI16, setI32, u32, u64 } from "./arena.ts";
import { libc } from "./libc.ts";
import { Signal, Wake } from "./sys.ts";

const AT_FDCWD = -100;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const SIG_BLOCK = 0;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const POLLIN = 1;
const POLLPRI = 2;
const POLLERR = 8;

const SLOT_BYTES = 8;
/** Slots of the poll set; a slot whose descriptor is -1 is skipped by the kernel. */
const Slot = { signals: 0, pressure: 1, victim: 2 } as const;
const SLOTS = 3;

for (let slot = 0; slot < SLOTS; slot++) {
  setI32(At.pollfds + slot * SLOT_BYTES, -1);
}

function watch(slot: number, fd: number, events: number): void {
  setI32(At.pollfds + slot * SLOT_BYTES, fd);
  setI16(At.pollfds + slot * SLOT_BYTES + 4, events);
}

function happened(slot: number): number {
  return i16(At.pollfds + slot * SLOT_BYTES + 6);
}

function clockMs(clock: number): number {
  libc.clock_gettime(clock, base + At.timespec);
  return u64(At.timespec) * 1000 + u32(At.timespec + 8) / 1e6;
}

/** Milliseconds of CLOCK_MONOTONIC, with fractions; clock_gettime(2). */
export function nowMs(): number {
  return clockMs(CLOCK_MONOTONIC);
}

/** Milliseconds since 1970, with fractions; clock_gettime(2). */
export function wallMs(): number {
  return clockMs(CLOCK_REALTIME);
}

let signalFd = -1;

/** Blocks SIGTERM, SIGINT and SIGHUP and watches a signalfd(2) for them. */
export function watchSignals(): number {
  libc.sigemptyset(base + At.sigset);
  libc.sigaddset(base + At.sigset, Signal.SIGTERM);
  libc.sigaddset(base + At.sigset, Signal.SIGINT);
  libc.sigaddset(base + At.sigset, Signal.SIGHUP);
  libc.sigprocmask(SIG_BLOCK, base + At.sigset, 0);
  signalFd = orErrno(libc.signalfd(-1, base + At.sigset, O_NONBLOCK | O_CLOEXEC));
  watch(Slot.signals, signalFd, POLLIN);
  return signalFd < 0 ? signalFd : 0;
}

/** The next signal that came, or 0. */
export function nextSignal(): number {
  const length = libc.read(signalFd, base + At.siginfo, 128);
  return length > 0 ? u32(At.siginfo) : 0;
}

/**
 * Registers a PSI trigger; the descriptor stays open as long as the program runs.
 * Documentation/accounting/psi.rst. The kernel overwrites the last byte, so it is the NUL.
 */
export function watchPressure(stallUs: number, windowUs: number): number {
  const fd = orErrno(
    libc.openat(AT_FDCWD, "/proc/pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0),
  );
  if (fd < 0) {
    return fd;
  }
  const length = encode(`some ${stallUs} ${windowUs}`) + 1;
  const written = orErrno(libc.write(fd, base + At.output, length));
  if (written < 0) {
    libc.close(fd);
    return written;
  }
  watch(Slot.pressure, fd, POLLPRI);
  return 0;
}

/** Adds a victim's pidfd to the poll set, or takes it out with -1. */
export function watchVictim(pidfd: number): void {
  watch(Slot.victim, pidfd, POLLIN);
}

/** poll(2) on all that is watched; an answer in bits of `Wake`. */
export function wait(timeoutMs: number): number {
  // Rounded up: a wait cut short would only be followed by another one.
  const wholeMs = timeoutMs | 0;
  const ready = libc.poll(base + At.pollfds, SLOTS, wholeMs < timeoutMs ? wholeMs + 1 : wholeMs);
  if (ready <= 0) {
    return 0;
  }
  let wake = happened(Slot.signals) !== 0 ? Wake.SIGNAL : 0;
  if ((happened(Slot.pressure) & POLLERR) !== 0) {
    watch(Slot.pressure, -1, 0);
    wake |= Wake.PRESSURE_GONE;
  } else if (happened(Slot.pressure) !== 0) {
    wake |= Wake.PRESSURE;
  }
  wake |= happened(Slot.victim) !== 0 ? Wake.VICTIM : 0;
  return wake;
}
