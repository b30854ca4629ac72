import type { Story } from "../story.ts";
import { everySwap, peace } from "./kit.ts";

/** Nobody is to die. */
export const peaceful: Record<string, Story> = {
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
