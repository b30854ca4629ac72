/** What all steps of a release know. */
export interface Release {
  readonly version: string;
  /** Owner and name of the repository that publishes it, and its address. */
  readonly repository: string;
  readonly home: string;
  /** `Name <address>`. */
  readonly maintainer: string;
  /** Seconds since 1970 that all files of archives and packages bear. */
  readonly epoch: number;
  readonly root: string;
  /** Where everything is left. */
  readonly out: string;
  /** Compressed little, to try it out. */
  readonly isQuick: boolean;
}

/** What we call a platform, and what distributions call it. */
export interface Platform {
  readonly target: string;
  readonly machine: "x86_64" | "aarch64";
  readonly debian: "amd64" | "arm64";
  readonly libc: "gnu" | "musl";
}

export const PLATFORMS: readonly Platform[] = [
  { target: "x64-glibc", machine: "x86_64", debian: "amd64", libc: "gnu" },
  { target: "arm64-glibc", machine: "aarch64", debian: "arm64", libc: "gnu" },
  { target: "x64-musl", machine: "x86_64", debian: "amd64", libc: "musl" },
  { target: "arm64-musl", machine: "aarch64", debian: "arm64", libc: "musl" },
];

/** `bustd-v1.2.3-x86_64-linux-gnu`: the folder in an archive. */
export function archiveName({ version }: Release, { libc, machine }: Platform): string {
  return `bustd-v${version}-${machine}-linux-${libc}`;
}

/** The archive's file. */
export function archiveFile(release: Release, platform: Platform): string {
  return `${archiveName(release, platform)}.tar.xz`;
}

/** Runs a program; what it printed. Throws with what it complained of. */
export function run(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): string {
  const env = { ...process.env, LC_ALL: "C.UTF-8", ...options.env };
  const done = Bun.spawnSync([...command], { ...options, env });
  if (!done.success) {
    const said = `${done.stdout.toString()}${done.stderr.toString()}`.slice(-2000);
    throw new Error(`${command.join(" ")} failed: ${said}`);
  }
  return done.stdout.toString();
}

/**
 * Installs Debian's packages that bring commands which are not here: command → package. Throws
 * with the packages' names unless it is root who runs this.
 */
export function installMissing(commands: Readonly<Record<string, string>>): void {
  const missing = Object.keys(commands).filter((command) => Bun.which(command) === null);
  const packages = missing.map((command) => commands[command] ?? command);
  if (packages.length === 0) {
    return;
  }
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) {
    throw new Error(`missing: ${packages.join(", ")}; as root on Debian this installs them`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  run(["apt-get", "update", "-qq"], { env });
  run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
}

/** Options of tar(1) by which the same files always give the same bytes. */
export function tarOptions(epoch: number): readonly string[] {
  return ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", `--mtime=@${epoch}`];
}
