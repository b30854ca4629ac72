import type { Actor, Story } from "../story.ts";
import { bystander, everySwap, hogStory, idle, peace } from "./kit.ts";

function inSwap(mib: number): Actor[] {
  return [1, 2, 3].map((index) => ({
    name: `idle${index}`,
    part: `hold mb=${mib}`,
    atMs: index * 600,
  }));
}

/** What is rare, and goes wrong in its own way. */
export const odd: Record<string, Story> = {
  stuck: hogStory(
    "the largest leak is frozen where no signal ends it, and another one goes on",
    ["none"],
    [
      { name: "stuck", part: "stuck rate=60 until=12 into=shared", atMs: 300 },
      { name: "hog", part: "leak rate=20", atMs: 4000 },
    ],
    { mayDie: ["stuck"] },
  ),
  snapshot: hogStory(
    "a database's forked copy writes a snapshot, while all that the database has changes",
    ["none"],
    [idle, { name: "database", part: "snapshot mb=420 wait=12000 rate=60", atMs: 1000 }],
    { until: { how: "exited", name: "snapshot", count: 1 }, mustDie: ["snapshot"] },
  ),
  pool: {
    about: "forked workers write to what they have from their parent, an editor starts meanwhile",
    swaps: ["none"],
    actors: [
      bystander,
      { name: "pool", part: "pool mb=150 count=5 rate=12 wait=6000", atMs: 300 },
      { name: "editor", part: "hold mb=90 rate=60", atMs: 9500 },
    ],
    deadlineMs: 30_000,
    mustDie: ["worker"],
    mostDeaths: 5,
  },
  locked: {
    about: "a model of 40 % is mapped and locked in memory beside a desktop of the same size",
    swaps: ["none"],
    actors: [
      bystander,
      { name: "desktop", part: "hold mb=430", atMs: 300 },
      { name: "model", part: "locked file=420 rate=25", atMs: 4000 },
    ],
    until: { how: "reaped", name: "model", count: 1 },
    deadlineMs: 40_000,
    mustDie: ["model"],
    mostDeaths: 1,
  },
  tables: hogStory("a program fills memory with page tables beside a desktop", everySwap, [
    { name: "desktop", part: "hold mb=300", atMs: 300 },
    { name: "hog", part: "tables rate=40", atMs: 2500 },
  ]),
  core: {
    about: "a program crashes and dumps its core to a slow disk, an editor starts meanwhile",
    swaps: ["none"],
    machine: { diskBytesPerSecond: 10_000_000 },
    actors: [
      bystander,
      { name: "desktop", part: "hold mb=260", atMs: 300 },
      { name: "crasher", part: "crash until=15 rate=100", atMs: 2500 },
      { name: "editor", part: "hold mb=90 rate=40", atMs: 9500 },
    ],
    until: { how: "reaped", name: "crasher", count: 1 },
    deadlineMs: 40_000,
    mustDie: ["crasher"],
    mostDeaths: 1,
  },
  swapoff: peace("swap is switched off, and what was in it fits", ["zram", "disk"], 30_000, [
    ...inSwap(200),
    { name: "visitor", part: "burst mb=350 keep=1000 leave=1", atMs: 3000 },
    { name: "swapoff", part: "unswap", after: "visitor", atMs: 500 },
  ]),
  "swapoff-full": {
    about: "swap is switched off, and what was in it does not fit",
    swaps: ["zram", "disk"],
    actors: [bystander, ...inSwap(330), { name: "swapoff", part: "unswap", atMs: 12_000 }],
    deadlineMs: 30_000,
    mustDie: [],
    mayDie: ["swapoff", "idle1", "idle2", "idle3"],
    mostDeaths: 1,
  },
  tmpfs: {
    about: "a /tmp in memory fills up",
    swaps: ["none", "zram"],
    actors: [bystander, idle, { name: "writer", part: "fill-tmp percent=95", atMs: 2500 }],
    deadlineMs: 30_000,
    mustDie: [],
    mayDie: ["writer", "idle"],
    mostDeaths: 2,
  },
};
