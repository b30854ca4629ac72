import { At, base, orErrno, setI32 } from "./arena.ts";
import { libc } from "./libc.ts";

const SYS_PIDFD_SEND_SIGNAL = 424;
const SI_QUEUE = -1;
const SIGINFO_BYTES = 128;
/** siginfo_t of 64-bit kernels, as sigqueue(3) fills it. */
const SI = { signo: 0, code: 8, pid: 16, uid: 20, value: 24 } as const;

/**
 * pidfd_send_signal(2) with a value, as sigqueue(3) sends it; 0, or the negative error number:
 * EPERM when the process is another user's. Commands alone have a use for it.
 */
export function sendValue(pidfd: number, signal: number, value: number): number {
  for (let at = 0; at < SIGINFO_BYTES; at += 4) {
    setI32(At.siginfo + at, 0);
  }
  setI32(At.siginfo + SI.signo, signal);
  setI32(At.siginfo + SI.code, SI_QUEUE);
  setI32(At.siginfo + SI.pid, libc.getpid());
  setI32(At.siginfo + SI.uid, libc.geteuid());
  setI32(At.siginfo + SI.value, value);
  const info = base + At.siginfo;
  return orErrno(libc.syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, info, 0, 0));
}
