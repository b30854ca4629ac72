import type { Swap } from "../machine.ts";
import type { Actor, Story } from "../story.ts";
import { bystander, everySwap, hogGone, hogStory, peace } from "./kit.ts";

/**
 * Memory and a mapped file, both in random use, in percent of RAM: more than there is. Beside a
 * desktop program little enough is available for it to be low.
 */
function mixture(memoryPercent: number, filePercent: number, beside: readonly Actor[] = []): Story {
  const mib = (percent: number) => Math.round((percent * 1024) / 100);
  const part = `work mb=${mib(memoryPercent)} file=${mib(filePercent)}`;
  const others = beside.map(({ name }) => `, beside a ${name} program`).join("");
  return hogStory(
    `${memoryPercent} % of memory and a file of ${filePercent} % are used at random${others}`,
    everySwap,
    [...beside, { name: "hog", part, atMs: 3500 }],
    { deadlineMs: 45_000 },
  );
}

/** A quarter of RAM, all of which is used every few seconds. */
const desktop: Actor = { name: "desktop", part: "turns mb=256 every=3000", atMs: 100 };

/** A container is busy at its own limit; the machine is not, and nobody outside is to die. */
function container(about: string, swaps: Swap[], memoryMib: number, fileMib: number): Story {
  const part = `crew count=4 mb=${memoryMib} file=${fileMib} max=180`;
  return {
    ...peace(about, swaps, 25_000, [
      { name: "innocent", part: "hold mb=430", atMs: 300 },
      { name: "container", part, atMs: 1500 },
    ]),
    mayDie: ["container"],
    mostDeaths: 1,
  };
}

/** What is used again and again does not fit, or only at times. */
export const workingSets: Record<string, Story> = {
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
    machine: { ramMib: 256 },
    actors: [
      { name: "bystander", part: "bystander mb=20 file=20" },
      { name: "hog", part: "work mb=170 file=36", atMs: 1500 },
    ],
    until: hogGone,
    deadlineMs: 45_000,
    mustDie: ["hog"],
    mostDeaths: 1,
  },
  "mix-15-95": mixture(15, 95),
  "mix-30-75": mixture(30, 75),
  "mix-45-60": mixture(45, 60),
  "mix-60-45": mixture(60, 45),
  "mix-75-30": mixture(75, 30),
  "mix-45-60-desktop": mixture(45, 60, [desktop]),
  "mix-30-75-desktop": mixture(30, 75, [desktop]),
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
  container: container("a container reads files at its own limit", ["none", "zram"], 32, 160),
  "container-swap": container("a container swaps at its own limit", ["disk", "zram"], 65, 40),
};
