import { orErrno } from "./arena.ts";
import { libc } from "./libc.ts";

// The numbers are the same on all architectures since Linux 5.1 (syscalls(2)).
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const SYS_PROCESS_MRELEASE = 448;
const SYS_KCMP = process.arch === "arm64" ? 272 : 312;
const KCMP_VM = 1;
const PRIO_PROCESS = 0;
const HIGHEST_PRIORITY = -20;

/** pidfd_open(2); the descriptor is close-on-exec by itself. */
export function openPidfd(pid: number): number {
  return orErrno(libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0, 0));
}

/** pidfd_send_signal(2). */
export function sendSignal(pidfd: number, signal: number): number {
  return orErrno(libc.syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0, 0));
}

/** kcmp(2): 0 when both have the same memory, above 0 when they do not. */
export function compareMemory(pid: number, other: number): number {
  return orErrno(libc.syscall(SYS_KCMP, pid, other, KCMP_VM, 0, 0));
}

/** process_mrelease(2): EINVAL unless the process is dying. */
export function releaseMemory(pidfd: number): number {
  return orErrno(libc.syscall(SYS_PROCESS_MRELEASE, pidfd, 0, 0, 0, 0));
}

/** kill(2) of one process. */
export function signalProcess(pid: number, signal: number): number {
  return orErrno(libc.kill(pid, signal));
}

/** setpriority(2), nice -20, of a process's first thread. */
export function hurry(pid: number): number {
  return orErrno(libc.setpriority(PRIO_PROCESS, pid, HIGHEST_PRIORITY));
}

/** kill(2) of a whole process group. */
export function signalGroup(pgid: number, signal: number): number {
  return orErrno(libc.kill(-pgid, signal));
}
