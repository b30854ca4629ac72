import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cache, type Passenger } from "./lab.ts";
import type { Rights, Wishes } from "./story.ts";

/** Something that a story is played with: a daemon, or the kernel alone. */
export interface Subject {
  name: string;
  /** Executable of the host that the disk image must carry. */
  passenger?: Passenger;
  /** Undefined: this subject cannot do what is wished for. */
  command(wishes: Wishes): string[] | undefined;
  /** Configuration files to write inside the machine before the daemon starts. */
  files?(wishes: Wishes): Record<string, string>;
  /** Why it cannot be played here, if so. */
  missing?: string;
}

/** Bits of linux/capability.h. */
const capabilityBits: Record<Rights["capabilities"][number], number> = {
  DAC_READ_SEARCH: 2,
  KILL: 5,
  IPC_LOCK: 14,
  SYS_PTRACE: 19,
  SYS_RESOURCE: 24,
};

const bustd = resolve(import.meta.dir, "../../dist/bustd");

function bustdFlags({ protect, group, dryRun, bustd: own }: Wishes): string[] {
  return [
    protect ? ["-u", protect.join("|")] : [],
    group ? ["-g"] : [],
    dryRun ? ["--dry-run"] : [],
    own?.flags ?? [],
  ].flat();
}

/** A bustd of another build, or with other options: `path option…`, with at least `-n`. */
export function bustdLike(name: string, commandLine: string): Subject {
  const [from = "", ...options] = commandLine.split(" ").filter(Boolean);
  const to = `/bin/${name}`;
  return {
    name,
    passenger: { from: resolve(from), to },
    command: (wishes) => [to, ...options, ...bustdFlags(wishes)],
    files: (wishes) => wishes.bustd?.files ?? {},
    ...(existsSync(from) ? {} : { missing: `${from} does not exist` }),
  };
}

function rival(name: string, path: string, subject: Omit<Subject, "name">): Subject {
  if (existsSync(join(cache, "rivals", path))) return { name, ...subject };
  return { name, ...subject, missing: "run scripts/setup-test-tools.ts --rivals" };
}

const nohangConfig = "/etc/nohang/nohang.conf";

/** Its own default configuration, with the protected names as its rules for names say. */
function nohangFiles({ protect = [] }: Wishes): Record<string, string> {
  const rules = protect.map((name) => `@BADNESS_ADJ_RE_NAME -1000 /// ^${name}$`);
  const text = readFileSync(join(cache, "rivals", nohangConfig), "utf8");
  const bare = text.split("\n").filter((line) => line.trim() && !line.startsWith("#"));
  return { "/run/nohang.conf": [...bare, ...rules, ""].join("\n") };
}

/** The subjects known by name. */
export function knownSubjects(): Subject[] {
  return [
    bustdLike("bustd", `${bustd} -n`),
    rival("earlyoom", "usr/bin/earlyoom", {
      command: ({ protect, group, dryRun }) => [
        "/usr/bin/earlyoom",
        "-r",
        "0",
        ...(protect ? ["--avoid", `^(${protect.join("|")})$`] : []),
        ...(group ? ["-g"] : []),
        ...(dryRun ? ["--dryrun"] : []),
      ],
    }),
    rival("nohang", "usr/sbin/nohang", {
      command: ({ group, dryRun }) =>
        group || dryRun
          ? undefined
          : ["/usr/bin/python3", "/usr/sbin/nohang", "--monitor", "-c", "/run/nohang.conf"],
      files: nohangFiles,
    }),
    { name: "kernel", command: () => [] },
  ];
}

/** The lines of the plan that write the subject's files and start its daemon; undefined if it
 * cannot do what is wished for. */
export function daemonLines(
  subject: Subject,
  wishes: Wishes,
  { uid, capabilities }: Rights,
  nice: number,
): string | undefined {
  const isBustd = subject.passenger !== undefined;
  const command = wishes.bustd && !isBustd ? undefined : subject.command(wishes);
  if (!command || command.length === 0) return command && "";
  const mask = capabilities.reduce((bits, name) => bits | (1 << capabilityBits[name]), 0);
  const files = Object.entries(subject.files?.(wishes) ?? {}).map(
    ([path, text]) => `file\t${path}\t${text.replaceAll("\t", " ").replaceAll("\n", "\x1f")}`,
  );
  const head = `daemon 0 0 ${nice} ${uid} ${mask.toString(16)} ${subject.name.slice(0, 15)}`;
  return [...files, [head, ...command].join("\t")].join("\n");
}
