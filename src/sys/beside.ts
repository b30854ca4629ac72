import { ptr } from "bun:ffi";
import { Errno } from "../model/errno.ts";
import { At, base } from "./arena.ts";
import { libc, openSpawn } from "./libc.ts";
import { stringArray, withoutRealTime } from "./self.ts";

/** spawn.h, the same in glibc and musl. */
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
/** posix_spawnattr_t has 336 bytes; large, so that the engine does not move it (see arena.ts). */
const ATTRIBUTE_BYTES = 4096;
const SIGCHLD = 17;
const SIG_IGN = 1;
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const FIRST_OWN_FD = 3;
/** More than a daemon ever has open for good. */
const FDS = 64;

/** Sets the flag of descriptors that `restart` hands on, or takes it away again. */
function setInherited(fds: readonly number[], flag: number): void {
  for (const fd of fds) {
    libc.fcntl(fd, F_SETFD, flag);
  }
}

function inheritedFds(): number[] {
  const fds: number[] = [];
  for (let fd = FIRST_OWN_FD; fd < FDS; fd++) {
    if (libc.fcntl(fd, F_GETFD, 0) === 0) {
      fds.push(fd);
    }
  }
  return fds;
}

/** See `Sys.startBeside`; its pid, or the negative error number. */
export function startBeside(args: readonly string[], env: readonly string[]): number {
  const spawn = openSpawn();
  if (spawn === null) {
    return -Errno.ENOSYS;
  }
  // Nobody waits for it: the kernel takes it away when it ends. signal(2)
  spawn.signal(SIGCHLD, SIG_IGN);
  const block = new ArrayBuffer(ATTRIBUTE_BYTES);
  const attributes = ptr(block) as number;
  spawn.posix_spawnattr_init(attributes);
  spawn.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const set = base + At.sigset;
  libc.sigemptyset(set);
  spawn.posix_spawnattr_setsigmask(attributes, set);
  libc.sigaddset(set, SIGCHLD);
  spawn.posix_spawnattr_setsigdefault(attributes, set);
  const argv = stringArray(["bustd", ...args]);
  const environment = stringArray(env);
  const fds = inheritedFds();
  setInherited(fds, FD_CLOEXEC);
  const pidAt = attributes + ATTRIBUTE_BYTES / 2;
  const path = "/proc/self/exe";
  const failed = withoutRealTime(() =>
    spawn.posix_spawn(pidAt, path, 0, attributes, argv.at, environment.at),
  );
  setInherited(fds, 0);
  return failed === 0 ? (new Int32Array(block, ATTRIBUTE_BYTES / 2, 1)[0] ?? 0) : -failed;
}
