/** Major and minor number of a kernel release such as `6.1.0-18-amd64`; null when it has none. */
function parseKernelVersion(release: string): readonly [number, number] | null {
  const match = /^(\d+)\.(\d+)/.exec(release);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

/** Whether a release is at least this version; an unreadable one is taken for a new one. */
export function isAtLeast(release: string, major: number, minor: number): boolean {
  const version = parseKernelVersion(release);
  if (version === null) {
    return true;
  }
  return version[0] > major || (version[0] === major && version[1] >= minor);
}
