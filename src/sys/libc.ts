import { dlopen, FFIType, type FFIFunction } from "bun:ffi";
import { ExitCode } from "../model/exit-codes.ts";

/** The C library's file name: glibc's, then musl's two. */
const NAMES = [
  "libc.so.6",
  process.arch === "arm64" ? "libc.musl-aarch64.so.1" : "libc.musl-x86_64.so.1",
  process.arch === "arm64" ? "/lib/ld-musl-aarch64.so.1" : "/lib/ld-musl-x86_64.so.1",
];

const { cstring, i32, u32 } = FFIType;
/** An address or a length as a number: user addresses fit in 48 bits, a double holds 53. */
const word = FFIType.i64_fast;

const SYMBOLS = {
  __errno_location: { args: [], returns: word },
  clock_gettime: { args: [i32, word], returns: i32 },
  close: { args: [i32], returns: i32 },
  dup2: { args: [i32, i32], returns: i32 },
  execve: { args: [cstring, word, word], returns: i32 },
  fallocate: { args: [i32, i32, word, word], returns: i32 },
  fcntl: { args: [i32, i32, i32], returns: i32 },
  fchmod: { args: [i32, u32], returns: i32 },
  flock: { args: [i32, i32], returns: i32 },
  ftruncate: { args: [i32, word], returns: i32 },
  geteuid: { args: [], returns: i32 },
  getpagesize: { args: [], returns: i32 },
  getpid: { args: [], returns: i32 },
  getrusage: { args: [i32, word], returns: i32 },
  kill: { args: [i32, i32], returns: i32 },
  lseek: { args: [i32, word, i32], returns: word },
  madvise: { args: [word, word, i32], returns: i32 },
  memcmp: { args: [word, word, word], returns: i32 },
  memfd_create: { args: [cstring, u32], returns: i32 },
  mkdirat: { args: [i32, cstring, u32], returns: i32 },
  mlockall: { args: [i32], returns: i32 },
  mmap: { args: [word, word, i32, i32, i32, word], returns: word },
  munlockall: { args: [], returns: i32 },
  openat: { args: [i32, cstring, i32, i32], returns: i32 },
  poll: { args: [word, word, i32], returns: i32 },
  pread: { args: [i32, word, word, word], returns: i32 },
  read: { args: [i32, word, word], returns: i32 },
  renameat: { args: [i32, cstring, i32, cstring], returns: i32 },
  setpriority: { args: [i32, u32, i32], returns: i32 },
  sendto: { args: [i32, word, word, i32, word, u32], returns: i32 },
  sigaddset: { args: [word, i32], returns: i32 },
  sigemptyset: { args: [word], returns: i32 },
  signalfd: { args: [i32, word, i32], returns: i32 },
  sigprocmask: { args: [i32, word, word], returns: i32 },
  socket: { args: [i32, i32, i32], returns: i32 },
  syscall: { args: [word, word, word, word, word, word], returns: i32 },
  sysinfo: { args: [word], returns: i32 },
  unlinkat: { args: [i32, cstring, i32], returns: i32 },
  uname: { args: [word], returns: i32 },
  usleep: { args: [u32], returns: i32 },
  write: { args: [i32, word, word], returns: i32 },
} as const satisfies Record<string, FFIFunction>;

/** The same functions once more, for paths that already lie in memory. */
const RAW_SYMBOLS = {
  openat: { args: [i32, word, i32, i32], returns: i32 },
  readlinkat: { args: [i32, word, word, word], returns: i32 },
} as const satisfies Record<string, FFIFunction>;

const AIO_SYMBOLS = {
  aio_error: { args: [word], returns: i32 },
  aio_read: { args: [word], returns: i32 },
  aio_return: { args: [word], returns: word },
  aio_suspend: { args: [word, i32, word], returns: i32 },
} as const satisfies Record<string, FFIFunction>;

/** aio(7); null where there is none. Before glibc 2.34 it is in a library of its own. */
export function openAio() {
  for (const name of [...NAMES, "librt.so.1"]) {
    try {
      return dlopen(name, AIO_SYMBOLS).symbols;
    } catch {
      // The next name.
    }
  }
  return null;
}

/** posix_spawn(3); null where there is none. All of it is made here: most never need it. */
export function openSpawn() {
  const symbols = {
    posix_spawn: { args: [word, cstring, word, word, word, word], returns: i32 },
    posix_spawnattr_init: { args: [word], returns: i32 },
    posix_spawnattr_setflags: { args: [word, i32], returns: i32 },
    posix_spawnattr_setsigdefault: { args: [word, word], returns: i32 },
    posix_spawnattr_setsigmask: { args: [word, word], returns: i32 },
    signal: { args: [i32, word], returns: word },
  } as const satisfies Record<string, FFIFunction>;
  for (const name of NAMES) {
    try {
      return dlopen(name, symbols).symbols;
    } catch {
      // The next name.
    }
  }
  return null;
}

function openLibc() {
  for (const name of NAMES) {
    try {
      const raw = dlopen(name, RAW_SYMBOLS).symbols;
      const { symbols } = dlopen(name, SYMBOLS);
      return { ...symbols, openatRaw: raw.openat, readlinkatRaw: raw.readlinkat };
    } catch {
      // The next name; a machine has one of them.
    }
  }
  process.stderr.write(
    `bustd: error: the C library cannot be called: none of ${NAMES.join(", ")} is here, or the ` +
      "address space is too small for the runtime; see ulimit -v, LimitAS=, vm.overcommit_memory\n",
  );
  process.exit(ExitCode.notStarted);
}

/** The C library, by the names and shapes of its manual (sections 2 and 3). */
export const libc = openLibc();
