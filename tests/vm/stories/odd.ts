import type { Actor, Story } from "../story.ts";
import { bystander, hogStory, idle, peace } from "./kit.ts";

function inSwap(mib: number): Actor[] {
  return [1, 2, 3].map((index) => ({
    name: `idle${index}`,
    part: `hold mb=${mib}`,
    atMs: index * 600,
  }));
}

const unswap: Actor = { name: "swapoff", part: "unswap", atMs: 9000 };

/** What is rare, and goes wrong in its own way. */
export const odd: Record<string, Story> = {
  stuck: hogStory(
    "the largest program is frozen where no signal ends it, and another one leaks",
    ["none"],
    [
      { name: "stuck", part: "stuck mb=380 rate=150 after=5000", atMs: 300 },
      { name: "hog", part: "leak rate=30", atMs: 6000 },
    ],
    { mayDie: ["stuck"] },
  ),
  swapoff: peace("swap is switched off, and what was in it fits", ["zram", "disk"], 30_000, [
    ...inSwap(230),
    { name: "visitor", part: "burst mb=330 keep=2000", atMs: 3000 },
    unswap,
  ]),
  "swapoff-full": {
    about: "swap is switched off, and what was in it does not fit",
    swaps: ["zram", "disk"],
    actors: [bystander, ...inSwap(330), unswap],
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
