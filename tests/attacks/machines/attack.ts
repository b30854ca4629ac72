/** One of the plan's processes; see actors/main.c and tests/vm/actors/actors.c for their parts. */
export interface Actor {
  /** Its process name, at most 15 characters. */
  name: string;
  /** The part and its `key=value` words. */
  part: string;
  /** The program that plays it, `attacks` unless told. */
  program?: "attacks" | "actors" | "bustd";
  /** Start in ms after the story began. */
  atMs?: number;
  uid: number;
  oomScoreAdj?: number;
}

/** What somebody does to the daemon, and what may come of it. */
export interface Attack {
  about: string;
  /** 1024 unless told. */
  ramMib?: number;
  /** Words for the daemon's stage; see actors/stage.c. */
  stage?: string[];
  /** The daemon's flags. */
  flags?: string[];
  /** Its configuration. */
  configuration?: string;
  /** Capabilities that a drop-in gives the service, without CAP_. */
  moreCapabilities?: string[];
  actors: Actor[];
  /** Names of those who must be ended, soon after the limit was passed; null for nobody. */
  mustDie: RegExp | null;
  /** Names of those who must live, whatever happens. */
  mustLive: RegExp;
  /** The limit, in percent of memory, that begins the two seconds: the soft one unless told. */
  limitPercent?: number;
  /** Memory that the daemon's own /proc/meminfo leaves out. */
  hiddenMib?: number;
  /** It may act before the limit, where it cannot know available memory exactly. */
  mayBeEarly?: true;
  /** Its own command that has to come to an end, with exit code 0. */
  mustAnswer?: string;
  /** The first of them that the machine's first process reaps ends the story. */
  until?: string;
  /** The story's end, in any case; 13 s after its begin unless told. */
  deadlineMs?: number;
}

/** How soon after the limit memory must be back, and those ended who must be. */
export const SOON_MS = 2000;
export const SOFT_PERCENT = 10;
export const HARD_PERCENT = 5;
/** How long the daemon may stand in state D, as it does while it reads a page from disk. */
export const STILL_MS = 300;
const DEADLINE_MS = 13_000;

const watcher: Actor = { name: "watch", part: "watch", uid: 0, oomScoreAdj: -1000 };

function actorLine({ name, part, program = "attacks", atMs = 0, uid, oomScoreAdj = 0 }: Actor) {
  const [kind = "", ...words] = part.split(" ");
  const own = program === "bustd" ? words : [`name=${name}`, ...words];
  const head = `actor ${atMs} ${oomScoreAdj} 0 ${uid} 0 ${name}`;
  return [head, `/bin/${program}`, kind, ...own].join("\t");
}

/** A file of the plan; see guest/plan.c. */
function fileLine(path: string, text: string): string {
  return `file\t${path}\t${text.replaceAll("\n", "\x1f")}`;
}

/** The attack in the words of tests/vm/guest/plan.c; `rights` are words for the daemon's stage. */
export function planOf(attack: Attack, rights: string[], files: Record<string, string>): string {
  const config = attack.configuration === undefined ? [] : ["--config", "/run/bustd.toml"];
  const stage = ["/bin/attacks", "stage", ...rights, ...(attack.stage ?? []), "--"];
  const daemon = ["/bin/bustd", "-n", ...config, ...(attack.flags ?? [])];
  const all = {
    ...files,
    ...(attack.configuration ? { "/run/bustd.toml": attack.configuration } : {}),
  };
  const lines = [
    `settle 1500 10000`,
    `deadline ${attack.deadlineMs ?? DEADLINE_MS}`,
    `tail ${SOON_MS}`,
    attack.until ? `until reaped ${attack.until} 1` : "",
    ...Object.entries(all).map(([path, text]) => fileLine(path, text)),
    ["daemon 0 0 0 0 0 bustd", ...stage, ...daemon].join("\t"),
    ...[watcher, ...attack.actors].map(actorLine),
  ];
  return `${lines.filter(Boolean).join("\n")}\n`;
}

/** How long a machine may take for it by the host's clock, with its start. */
export function machineMs({ deadlineMs = DEADLINE_MS }: Attack): number {
  return 240_000 + 8 * deadlineMs;
}
