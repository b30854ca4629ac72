import type { Story } from "../story.ts";
import { bystander, everySwap, hogStory, idle } from "./kit.ts";

/** A single leaker, told with one difference each time. */
function leak(about: string, words: string, more: Partial<Story> = {}): Story {
  const hog = { name: "hog", part: `leak ${words}`, atMs: 2500 };
  return hogStory(about, everySwap, [idle, hog], more);
}

/** A leak beside a database of 45 % that nobody may end. */
function besideDatabase(about: string, words: string): Story {
  return hogStory(
    about,
    ["disk", "zram"],
    [
      { name: "database", part: "work mb=460 pause=20", atMs: 300, oomScoreAdj: -1000 },
      { name: "hog", part: `leak ${words}`, atMs: 7000 },
    ],
  );
}

/** One program that takes memory without end. */
export const leaks: Record<string, Story> = {
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
    machine: { kernelOptions: "psi=0" },
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
    machine: { ramMib: 256 },
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
  "leak-random": leak("what leaks cannot be compressed", "rate=60 random=100"),
  "leak-empty": leak("what leaks is empty", "rate=60 random=0"),
  "leak-memfd": leak("a program leaks into a memfd that it maps", "rate=60 into=memfd", {
    swaps: ["none", "zram"],
  }),
  "leak-memfd-cold": hogStory(
    "a program leaks into a memfd, which is swapped out; the rest of memory is in use",
    ["zram", "disk"],
    [
      { name: "desktop", part: "turns mb=250 every=3000", atMs: 100 },
      { name: "hog", part: "leak rate=60 into=memfd", atMs: 4000 },
    ],
  ),
  "leak-shared": leak("a program leaks shared anonymous memory", "rate=60 into=shared", {
    swaps: ["none", "zram"],
  }),
  "leak-shm": leak("a program leaks into a file of /dev/shm that it maps", "rate=60 into=shm", {
    swaps: ["none", "zram"],
  }),
  "leak-old": hogStory(
    "a slow leak on 6 GiB beside an old program of half of them",
    ["none"],
    [
      { name: "old", part: "hold mb=3072 huge=1", atMs: 300 },
      { name: "hog", part: "leak start=1300 rate=25 huge=1", atMs: 9000 },
    ],
    { machine: { ramMib: 6144 }, deadlineMs: 120_000 },
  ),
  database: besideDatabase("a leak of 60 MiB/s beside a database at -1000", "rate=60"),
  "database-random": besideDatabase("what leaks there cannot be compressed", "rate=60 random=100"),
  "database-empty": besideDatabase("what leaks there is empty", "rate=60 random=0"),
  "database-slow": besideDatabase("20 MiB/s leak there", "rate=20"),
  "database-fast": besideDatabase("250 MiB/s leak there", "rate=250"),
};
