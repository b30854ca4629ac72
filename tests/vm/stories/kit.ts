import type { Swap } from "../machine.ts";
import type { Actor, Story } from "../story.ts";

/** The innocent that is everywhere and notes how long it stood still. */
export const bystander: Actor = { name: "bystander", part: "bystander" };
export const idle: Actor = { name: "idle", part: "hold mb=200", atMs: 500 };
export const everySwap: Swap[] = ["none", "disk", "zram"];
export const hogGone = { how: "reaped", name: "hog", count: 1 } as const;

/** A hog beside others; it is to die and nobody else. */
export function hogStory(about: string, swaps: Swap[], actors: Actor[], more = {}): Story {
  return {
    about,
    swaps,
    actors: [bystander, ...actors],
    until: hogGone,
    deadlineMs: 60_000,
    mustDie: ["hog"],
    mostDeaths: 1,
    ...more,
  };
}

/** Nobody is to die. */
export function peace(about: string, swaps: Swap[], deadlineMs: number, actors: Actor[]): Story {
  return {
    about,
    swaps,
    actors: [bystander, ...actors],
    deadlineMs,
    mustDie: [],
    mostDeaths: 0,
  };
}
