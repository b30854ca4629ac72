import type { Swap } from "./machine.ts";
import { preferences } from "./preferences.ts";
import type { Actor, Story } from "./story.ts";

const bystander: Actor = { name: "bystander", part: "bystander" };
const idle: Actor = { name: "idle", part: "hold mb=200", atMs: 500 };
const hogGone = { how: "reaped", name: "hog", count: 1 } as const;
const everySwap: Swap[] = ["none", "disk", "zram"];

/** A single leaker, told with one difference each time. */
function leak(about: string, words: string, more: Partial<Story> = {}): Story {
  return {
    about,
    swaps: everySwap,
    actors: [bystander, idle, { name: "hog", part: `leak ${words}`, atMs: 2500 }],
    until: hogGone,
    deadlineMs: 60_000,
    mustDie: ["hog"],
    mostDeaths: 1,
    ...more,
  };
}

/** Nobody is to die. */
function peace(about: string, swaps: Swap[], deadlineMs: number, actors: Actor[]): Story {
  return {
    about,
    swaps,
    actors: [bystander, ...actors],
    deadlineMs,
    mustDie: [],
    mostDeaths: 0,
  };
}

const crises: Record<string, Story> = {
  leak: leak("a program leaks 60 MiB/s", "rate=60"),
  "leak-slow": leak("a program leaks 20 MiB/s", "rate=20 start=350"),
  "leak-fast": leak("a program leaks 250 MiB/s", "rate=250"),
  "leak-deaf": leak("a leaking program ignores SIGTERM", "rate=60 ignoreterm=1"),
  "leak-zombie": leak("a leaking program's main thread has ended", "rate=60 zombie=1"),
  "leak-strange-name": leak("a leaking program's name reads like /proc/PID/stat", "rate=60", {
    swaps: ["none"],
    actors: [bystander, idle, { name: ")Z1(\x1b[31m", part: "leak rate=60", atMs: 2500 }],
    until: { how: "reaped", name: ")Z1(\x1b[31m", count: 1 },
    mustDie: [")Z1(\x1b[31m"],
  }),
  "leak-no-psi": leak("a program leaks on a kernel without PSI", "rate=60", {
    swaps: ["none"],
    kernelOptions: "psi=0",
  }),
  "leak-dry-run": leak("the daemon may only say what it would do", "rate=60", {
    swaps: ["none"],
    wishes: { dryRun: true },
    mustDie: [],
    mostDeaths: 0,
    mustSay: [/hog/],
    mayDie: ["hog"],
  }),
  "leak-small": leak("the same leak on a machine of 256 MiB", "rate=60", {
    swaps: ["disk"],
    ramMib: 256,
    actors: [
      { name: "bystander", part: "bystander mb=20 file=20" },
      { name: "idle", part: "hold mb=50", atMs: 500 },
      { name: "hog", part: "leak rate=60", atMs: 2500 },
    ],
  }),
  "leak-protected": leak("the biggest program is protected", "rate=60", {
    swaps: ["none", "disk"],
    wishes: { protect: ["precious"] },
    actors: [
      bystander,
      { name: "precious", part: "hold mb=450", atMs: 500 },
      { name: "hog", part: "leak rate=60", atMs: 4500 },
    ],
  }),
  "leak-few-rights": leak("the daemon is nobody with CAP_KILL and CAP_IPC_LOCK", "rate=60", {
    swaps: ["none", "disk"],
    rights: { uid: 65534, capabilities: ["KILL", "IPC_LOCK"] },
  }),
  "leak-foreign": leak("the daemon has no rights and the biggest program is root's", "rate=60", {
    swaps: ["none"],
    rights: { uid: 1000, capabilities: [] },
    actors: [
      bystander,
      { name: "roots", part: "hold mb=400", atMs: 500 },
      { name: "hog", part: "leak rate=30", atMs: 4500, uid: 1000 },
    ],
  }),
  "leak-adj": leak("innocents have oom_score_adj 200, the leaking program 0", "rate=60", {
    swaps: ["none", "disk"],
    actors: [
      bystander,
      { name: "tab1", part: "hold mb=140", atMs: 500, oomScoreAdj: 200 },
      { name: "tab2", part: "hold mb=140", atMs: 800, oomScoreAdj: 200 },
      { name: "tab3", part: "hold mb=140", atMs: 1100, oomScoreAdj: 200 },
      { name: "hog", part: "leak rate=60", atMs: 4500 },
    ],
  }),
  group: {
    about: "a process group of four leakers, to be ended as one",
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
  squeeze: {
    about: "a program works on memory and a mapped file that together do not fit",
    swaps: everySwap,
    actors: [bystander, { name: "hog", part: "work mb=760 file=160", atMs: 1500 }],
    until: hogGone,
    deadlineMs: 45_000,
    mustDie: ["hog"],
    mostDeaths: 1,
  },
  "squeeze-small": {
    about: "the same on a machine of 256 MiB",
    swaps: everySwap,
    ramMib: 256,
    actors: [
      { name: "bystander", part: "bystander mb=20 file=20" },
      { name: "hog", part: "work mb=170 file=36", atMs: 1500 },
    ],
    until: hogGone,
    deadlineMs: 45_000,
    mustDie: ["hog"],
    mostDeaths: 1,
  },
  turns: {
    about: "two programs that do not fit together are used in turn",
    swaps: ["disk", "zram"],
    actors: [
      bystander,
      { name: "one", part: "turns mb=450 every=12000", atMs: 300 },
      { name: "other", part: "turns mb=450 every=12000", atMs: 6300 },
    ],
    deadlineMs: 60_000,
    mustDie: [],
    mayDie: ["one", "other"],
    mostDeaths: 1,
  },
  "kill-storm": {
    about: "when the leaking program is dead, those it drove into swap stall on",
    swaps: ["disk"],
    actors: [
      bystander,
      { name: "worker1", part: "work mb=168 pause=5", atMs: 300 },
      { name: "worker2", part: "work mb=168 pause=5", atMs: 1100 },
      { name: "worker3", part: "work mb=168 pause=5", atMs: 1900 },
      { name: "worker4", part: "work mb=168 pause=5", atMs: 2700 },
      { name: "hog", part: "leak rate=60", atMs: 4500 },
    ],
    until: hogGone,
    deadlineMs: 70_000,
    tailMs: 18_000,
    mustDie: ["hog"],
    mostDeaths: 1,
  },
};

const peaceful: Record<string, Story> = {
  stream: peace("a file larger than memory is read over and over", ["none", "zram"], 25_000, [
    { name: "reader", part: "stream file=1400", atMs: 500 },
  ]),
  steady: peace("70 % of memory in steady use", everySwap, 15_000, [
    { name: "steady", part: "work mb=550 pause=5", atMs: 300 },
  ]),
  burst: peace("a program takes memory fast and gives it back", everySwap, 15_000, [
    { name: "burst", part: "burst mb=620 rate=300 keep=700", atMs: 1500 },
  ]),
  copy: peace("big files are copied, the page cache is full", ["none", "disk"], 25_000, [
    { name: "copy", part: "copy mb=700", atMs: 300 },
    { name: "idle", part: "hold mb=350", atMs: 500 },
  ]),
  build: peace("a parallel build of short processes", ["none", "disk"], 20_000, [
    { name: "make", part: "build jobs=6 mb=60", atMs: 300 },
    { name: "idle", part: "hold mb=250", atMs: 500 },
  ]),
  newcomer: peace("a newcomer drives idle programs into zram and settles", ["zram"], 35_000, [
    { name: "idle1", part: "hold mb=200", atMs: 300 },
    { name: "idle2", part: "hold mb=200", atMs: 900 },
    { name: "idle3", part: "hold mb=200", atMs: 1500 },
    { name: "newcomer", part: "work mb=330 pause=20", atMs: 5000 },
  ]),
};

/** Every story by its name. */
export const stories: Record<string, Story> = { ...crises, ...peaceful, preferences };
