import type { Actor } from "../story.ts";
import type { Dice } from "./dice.ts";

/** Those who are there before the story begins. */
export interface Innocents {
  actors: Actor[];
  /** What they have, and what of it they need again and again; with files in use. */
  mib: number;
  hotMib: number;
  /** What of it are files, most of which the kernel counts as available. */
  fileMib: number;
  /** In the table's words. */
  words: string[];
}

/** Large machines are filled by huge pages: it would take too long otherwise. */
export function isHuge(ramMib: number): boolean {
  return ramMib >= 2048;
}

/** Parts for what is there on top of the bystander; each for a share of RAM in MiB. */
const others: ((dice: Dice, mib: number) => { part: string; hot: number; what: string })[] = [
  (_, mib) => ({ part: `hold mb=${mib}`, hot: 0, what: "old" }),
  (_, mib) => ({ part: `hold mb=${mib}`, hot: 0, what: "idle" }),
  (dice, mib) => {
    const count = Math.min(mib, dice.whole(4, 20));
    const each = Math.floor(mib / count);
    return { part: `many count=${count} mb=${each}`, hot: 0, what: `${count} small of` };
  },
  (dice, mib) => {
    const count = dice.whole(2, 6);
    return { part: `workers count=${count} shared=${mib}`, hot: 1, what: `${count} workers on` };
  },
  (_, mib) => ({
    part: `work mb=1 file=${mib} offset=200 pause=20`,
    hot: 1,
    what: "files in use",
  }),
];

/** Programs of `mib` together, the bystander among them; the largest is old and never grows. */
export function innocents(dice: Dice, ramMib: number, mib: number, oldShare: number): Innocents {
  const own = Math.round(Math.min(60, ramMib * 0.06));
  const file = Math.round(Math.min(40, ramMib * 0.04));
  const huge = isHuge(ramMib);
  const scene: Innocents = {
    actors: [{ name: "bystander", part: `bystander mb=${own} file=${file}` }],
    mib: own + file,
    hotMib: own + file,
    fileMib: file,
    words: [],
  };
  const add = (index: number, size: number): void => {
    const room = Math.floor(Math.min(size, mib - scene.mib));
    if (room < ramMib * 0.02) return;
    const { part, hot, what } = others[index]!(dice, room);
    const name = ["old", "idle", "small", "database", "reader"][index]!;
    scene.actors.push({
      name,
      part: huge ? `${part} huge=1` : part,
      afterRest: true,
    });
    scene.mib += room;
    scene.hotMib += hot * room;
    scene.fileMib += index === 4 ? room : 0;
    scene.words.push(`${what} ${Math.round((room / ramMib) * 100)} %`);
  };
  add(0, ramMib * oldShare);
  const kinds = [1, 2, 3, 4].filter(() => dice.chance(0.5));
  for (const kind of kinds) add(kind, ramMib * dice.between(0.03, kind === 1 ? 0.2 : 0.12));
  return scene;
}
