import type { Actor, Story } from "../story.ts";
import { bystander, hogStory, peace } from "./kit.ts";

function browser(tabs: number, mib: number): Actor {
  return { name: "browser", part: `browser main=120 tabs=${tabs} mb=${mib}`, atMs: 1500 };
}

/** Tabs that do not all fit: as many may die as that takes, and never the main process. */
function restore(about: string, swaps: Story["swaps"], mib: number, more: Partial<Story>): Story {
  const actors = [bystander, browser(20, mib)];
  return { about, swaps, actors, deadlineMs: 35_000, mustDie: ["tab"], ...more };
}

const leakers: Actor[] = Array.from({ length: 8 }, (_, index) => ({
  name: `leaker${index + 1}`,
  part: "leak rate=10",
  atMs: 5000,
}));

/** Many processes that together are too much. */
export const crowds: Record<string, Story> = {
  group: {
    about: "a process group of four leakers, to be killed as one",
    swaps: ["none", "disk"],
    wishes: { group: true },
    actors: [
      bystander,
      { name: "idle", part: "hold mb=60", atMs: 500 },
      { name: "hog", part: "group count=4 rate=15", atMs: 1500 },
    ],
    until: { how: "exited", name: "hog", count: 5 },
    deadlineMs: 60_000,
    mustDie: ["hog"],
  },
  "many-leakers": {
    about: "sixty small leakers, each replaced when it dies",
    swaps: ["none", "disk"],
    actors: [bystander, { name: "nursery", part: "nursery count=60 rate=2", atMs: 1500 }],
    deadlineMs: 40_000,
    mustDie: ["leaker"],
    mayDie: ["nursery"],
  },
  "fork-storm": {
    about: "every process takes 4 MiB and starts two more",
    swaps: ["none", "disk"],
    actors: [bystander, { name: "storm", part: "storm mb=4 pause=400", atMs: 1500 }],
    deadlineMs: 40_000,
    mustDie: ["storm"],
  },
  "eight-leakers": {
    about: "eight unrelated programs leak beside one of 25 % that grew before",
    swaps: ["none", "zram"],
    actors: [bystander, { name: "desktop", part: "hold mb=256", atMs: 300 }, ...leakers],
    deadlineMs: 40_000,
    mustDie: [],
    mustDieOneOf: leakers.map(({ name }) => name),
  },
  // With twelve of them alive, 10.0 % of memory is available: one too many.
  "tabs-20": restore("a browser restores 20 tabs, some of which do not fit", ["none"], 45, {
    mostDeaths: 9,
  }),
  "tabs-20-big": restore("the same of twice the size and with zram", ["zram"], 80, {
    mostDeaths: 14,
    deadlineMs: 90_000,
  }),
  "tabs-13": peace("a browser restores 13 tabs, which fit in the end", ["zram"], 25_000, [
    browser(13, 70),
  ]),
  workers: hogStory(
    "a leak beside six workers that share 250 MiB",
    ["none", "zram"],
    [
      { name: "database", part: "workers count=6 shared=250 pause=15", atMs: 300 },
      { name: "hog", part: "leak rate=60", atMs: 2500 },
    ],
  ),
};
