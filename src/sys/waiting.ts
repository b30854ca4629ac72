import { At, base, encode, i16, i32, orErrno, setI16, setI32, u32, u64 } from "./arena.ts";
import { libc } from "./libc.ts";
import { EVENTS, lost, type Sender, Signal, Source } from "./sys.ts";

const AT_FDCWD = -100;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const POLLIN = 1;
const POLLOUT = 4;
/** POLLERR, POLLHUP and POLLNVAL: there will be nothing to wait for any more. */
const LOST = 8 | 16 | 32;

const SLOT_BYTES = 8;
const ALL = Object.values(Source);
const SLOTS = ALL.length;

for (const source of ALL) {
  watch(source, -1);
}

/** Puts a descriptor into a source's row; the kernel skips one that is negative. */
export function watch(source: Source, fd: number): void {
  const row = At.pollfds + slotOf(source) * SLOT_BYTES;
  setI32(row, fd < 0 ? -1 : fd);
  setI16(row + 4, EVENTS[source]);
}

/** Sources are bits, and their rows stand in the same order. */
function slotOf(source: Source): number {
  return 31 - Math.clz32(source);
}

function happened(slot: number): number {
  return i16(At.pollfds + slot * SLOT_BYTES + 6);
}

/** What is true of one descriptor right now. */
function ask(fd: number, events: number): number {
  setI32(At.askfd, fd);
  setI16(At.askfd + 4, events);
  return libc.poll(base + At.askfd, 1, 0) > 0 ? i16(At.askfd + 6) : 0;
}

/** Whether a pidfd's process has ended. */
export function hasEnded(pidfd: number): boolean {
  return ask(pidfd, POLLIN) !== 0;
}

/** Whether a write would not have to wait; a descriptor that is closed answers at once as well. */
export function canWrite(fd: number): boolean {
  return ask(fd, POLLOUT) !== 0;
}

function clockMs(clock: number): number {
  libc.clock_gettime(clock, base + At.timespec);
  return u64(At.timespec) * 1000 + u32(At.timespec + 8) / 1e6;
}

/** Milliseconds of CLOCK_MONOTONIC, with fractions; clock_gettime(2). */
export function nowMs(): number {
  return clockMs(CLOCK_MONOTONIC);
}

/** Milliseconds since 1970 of CLOCK_REALTIME. */
export function wallMs(): number {
  return clockMs(CLOCK_REALTIME);
}

/** Milliseconds of CLOCK_BOOTTIME. */
export function bootMs(): number {
  return clockMs(CLOCK_BOOTTIME);
}

const WATCHED = [
  Signal.SIGHUP,
  Signal.SIGINT,
  Signal.SIGQUIT,
  Signal.SIGTERM,
  Signal.SIGUSR1,
  Signal.SIGUSR2,
] as const;
/**
 * They mean nothing to it, and would end it otherwise: SIGALRM, SIGSTKFLT, SIGXCPU, SIGVTALRM,
 * SIGPROF and SIGIO, and those of real time. Not those that tell of a fault in the program, and not
 * SIGPWR, which the runtime uses; signal(7).
 */
const MEANINGLESS = [14, 16, 24, 26, 27, 29] as const;
const REAL_TIME = { first: 34, last: 64 } as const;

let signalFd = -1;

/** Blocks SIGHUP, or lets it through again; sigprocmask(2). */
export function holdHangup(hold: boolean): void {
  libc.sigemptyset(base + At.sigset);
  libc.sigaddset(base + At.sigset, Signal.SIGHUP);
  libc.sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, base + At.sigset, 0);
}

/** Blocks signals and watches a signalfd(2) for them. */
export function watchSignals(): number {
  libc.sigemptyset(base + At.sigset);
  for (const signal of [...WATCHED, ...MEANINGLESS]) {
    libc.sigaddset(base + At.sigset, signal);
  }
  for (let signal: number = REAL_TIME.first; signal <= REAL_TIME.last; signal++) {
    libc.sigaddset(base + At.sigset, signal);
  }
  libc.sigprocmask(SIG_BLOCK, base + At.sigset, 0);
  signalFd = orErrno(libc.signalfd(-1, base + At.sigset, O_NONBLOCK | O_CLOEXEC));
  watch(Source.signals, signalFd);
  if (signalFd < 0) {
    // Their default action ends the daemon: better than nothing but SIGKILL.
    libc.sigprocmask(SIG_UNBLOCK, base + At.sigset, 0);
    return signalFd;
  }
  return 0;
}

/** The next signal that came, or 0. */
export function nextSignal(): number {
  const length = libc.read(signalFd, base + At.siginfo, 128);
  return length > 0 ? u32(At.siginfo) : 0;
}

/** `si_code` of sigqueue(3); of kill(2) it is another one. */
const SI_QUEUE = -1;
/** Where it, the sender's user and the value lie in struct signalfd_siginfo. */
const SSI = { code: 8, uid: 16, int: 44 } as const;

/** Of the signal that came last; null where no value came with it. */
export function signalSender(): Sender | null {
  return i32(At.siginfo + SSI.code) === SI_QUEUE
    ? { uid: u32(At.siginfo + SSI.uid), value: i32(At.siginfo + SSI.int) }
    : null;
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
  watch(Source.pressure, fd);
  return 0;
}

const UNPOLLED_MS = 100;

/** poll(2) on all that is watched; an answer in bits of `Source`. */
export function wait(timeoutMs: number): number {
  // Rounded up: a wait cut short would only be followed by another one.
  const wholeMs = timeoutMs | 0;
  const ready = libc.poll(base + At.pollfds, SLOTS, wholeMs < timeoutMs ? wholeMs + 1 : wholeMs);
  if (ready < 0) {
    // A filter refuses poll(2): whether a signal came is asked, and no processor is burnt.
    libc.usleep(1000 * (wholeMs < UNPOLLED_MS ? wholeMs : UNPOLLED_MS));
    return Source.signals;
  }
  if (ready === 0) {
    return 0;
  }
  let wake = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const events = happened(slot);
    const source = (1 << slot) as Source;
    if (events !== 0) {
      wake |= source;
      if ((events & ~EVENTS[source] & LOST) !== 0) {
        watch(source, -1);
        wake |= lost(source);
      }
    }
  }
  return wake;
}
