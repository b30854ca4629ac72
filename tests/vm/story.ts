import type { Equipment, Swap } from "./machine.ts";

/** A part for actors.c to play. */
export interface Actor {
  /** Its process name, at most 15 characters. */
  name: string;
  /** The part and its `key=value` words; see actors/actors.c. */
  part: string;
  /** Start in ms after the story began, or after the last told `after` or `afterRest`. */
  atMs?: number;
  /** Waits until this actor is gone; so do all that are told later. */
  after?: string;
  /** Waits until nobody takes memory any more; the story's deadline counts from then as well. */
  afterRest?: boolean;
  oomScoreAdj?: number;
  /** Root unless told. */
  uid?: number;
}

/** The user and the capabilities (capabilities(7), without CAP_) of the daemon. */
export interface Rights {
  uid: number;
  capabilities: ("DAC_READ_SEARCH" | "KILL" | "IPC_LOCK" | "SYS_PTRACE" | "SYS_RESOURCE")[];
}

/** What users ask of the daemon, in no daemon's own words; see subjects.ts. */
export interface Wishes {
  /** Process names never to be ended. */
  protect?: string[];
  /** End the victim's whole process group. */
  group?: boolean;
  /** Only say what would be done. */
  dryRun?: boolean;
  /** Flags and files that no other daemon understands. */
  bustd?: { flags: string[]; files: Record<string, string> };
}

/** A story that a machine plays. */
export interface Story {
  about: string;
  swaps: Swap[];
  /** What its machine has otherwise than usual; `swaps` says which swap. */
  machine?: Partial<Omit<Equipment, "swap" | "lru" | "clock">>;
  wishes?: Wishes;
  /** All rights of root unless told. */
  rights?: Rights;
  actors: Actor[];
  /** The story ends `tailMs` after `count` processes of this name were gone; `exited` also sees
   * processes that are not actors themselves, but takes a zombie leader for gone. */
  until?: { how: "reaped" | "exited"; name: string; count: number };
  deadlineMs: number;
  tailMs?: number;
  /** At least one process of each of these names is to be ended, by the daemon. */
  mustDie: string[];
  /** And one of these names; all of them may die. */
  mustDieOneOf?: string[];
  /** They die in this order, and nobody else does. */
  inOrder?: boolean;
  /** How many deaths at the daemon's hand are too many; no limit unless told. */
  mostDeaths?: number;
  /** What lines of the daemon's log must say. */
  mustSay?: RegExp[];
  /** Commands to run in the machine when the story is over, and what all they print must say. */
  asks?: string[][];
  mustAnswer?: RegExp[];
  /** Directories in which there is room for nothing. */
  full?: string[];
  /** These may die as well; everybody else is a bystander and must live. */
  mayDie?: string[];
}

/** The story in the words of guest/init.c, without swap. */
export function planOf(story: Story, daemonLines: string): string {
  const { until } = story;
  const lines = [
    `settle 1500 12000`,
    `deadline ${story.deadlineMs}`,
    `tail ${story.tailMs ?? 3000}`,
    until ? `until ${until.how} ${until.name} ${until.count}` : "",
    ...(story.full ?? []).map((path) => `tiny\t${path}`),
    ...(story.asks ?? []).map((words) => ["ask", ...words].join("\t")),
    daemonLines,
    ...story.actors.flatMap(
      ({ name, part, atMs = 0, after, afterRest, oomScoreAdj = 0, uid = 0 }) => {
        const [kind = "", ...words] = part.split(" ");
        const args = ["/bin/actors", kind, `name=${name}`, ...words].join("\t");
        const line = `actor ${atMs} ${oomScoreAdj} 0 ${uid} 0 ${name}\t${args}`;
        return [after ? `after ${after}` : "", afterRest ? "rest" : "", line];
      },
    ),
  ];
  return `${lines.filter(Boolean).join("\n")}\n`;
}
