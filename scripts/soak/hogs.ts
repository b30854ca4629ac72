import { openSync } from "node:fs";
import { join } from "node:path";

/** Starts programs that take so many MiB and hold them until they are killed. */
export interface Hogs {
  readonly start: (mib: number) => Bun.Subprocess;
  /** One that only SIGKILL ends. */
  readonly startStubborn: (mib: number) => Bun.Subprocess;
  /** So many at once, forked by a shell, in a process group of theirs; the shell ends with them. */
  readonly startBurst: (mib: number, count: number) => Bun.Subprocess;
}

const hog = (mib: number) => `dd if=/dev/zero bs=${mib}M count=1`;

/** Each is a dd(1) with a buffer of that size, which waits for somebody to read it. */
export function openHogs(directory: string): Hogs {
  const path = join(directory, "nobody-reads");
  Bun.spawnSync(["mkfifo", path]);
  const pipe = openSync(path, "r+");
  const start = (script: string, detached = false) =>
    Bun.spawn(["sh", "-c", script], { detached, stdio: ["ignore", pipe, "ignore"] });
  return {
    start: (mib) => start(`exec ${hog(mib)}`),
    startStubborn: (mib) => start(`trap "" TERM; exec ${hog(mib)}`),
    startBurst: (mib, count) =>
      start(`for _ in $(seq ${count}); do ${hog(mib)} & done; wait`, true),
  };
}
