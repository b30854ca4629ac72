/** Random stories in which somebody must die: what the hogs want certainly does not fit. */
import type { Equipment } from "../machine.ts";
import type { Actor, Story } from "../story.ts";
import type { Dice } from "./dice.ts";
import { innocents, isHuge, type Innocents } from "./innocents.ts";
import { usableMib } from "./room.ts";

/** What random stories differ in, and how they are called in a table. */
export interface Plot {
  about: string;
  innocents: Innocents;
  actors: Actor[];
  until?: Story["until"];
}

function percent(share: number): string {
  const value = share * 100;
  return `${value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

/** How much can be taken until memory and swap are both full, and files in use are evicted. */
function leftMib(machine: Equipment, others: Innocents): number {
  const swapMib = machine.swap === "none" ? 0 : machine.swapMib;
  return usableMib(machine) + swapMib - others.mib + others.fileMib;
}

/** From 1 to 40 leakers, of one parent or of many, which fill memory and swap in some seconds: what
 * a slow one would need longer for, it has from the beginning. */
function leak(dice: Dice, machine: Equipment): Plot {
  const { ramMib } = machine;
  const others = innocents(dice, ramMib, usableMib(machine) * 0.6, dice.between(0, 0.6));
  const count = dice.chance(0.5) ? 1 : dice.whole(2, 40);
  const isOneParent = count > 20 || dice.chance(0.5);
  const huge = isHuge(ramMib);
  const share = dice.magnitude(0.001, 0.3);
  const left = leftMib(machine, others);
  const seconds = dice.between(4, 8);
  const begin = Math.max(0, left - ramMib * share * seconds);
  const kib = Math.max(1, Math.round((ramMib * share * 1024) / count));
  const words =
    `kib=${kib} start=${Math.floor(begin / count)}` +
    ` limit=${Math.ceil((ramMib * 4) / count)}${huge ? " huge=1" : ""}`;
  const from = begin > 0 ? ` after ${percent(begin / ramMib)} at once` : "";
  const hog: Actor = { name: "hog", part: `leak ${words}`, atMs: 500 };
  const group: Actor = { ...hog, part: `group count=${count} ${words}` };
  const many = Array.from({ length: count }, () => hog);
  const who = isOneParent ? `${count} leakers of one parent` : `${count} leakers`;
  return {
    about: `${count === 1 ? "a leak" : who}, ${percent(share)}/s${from}`,
    innocents: others,
    actors: isOneParent && count > 1 ? [group] : many,
    until:
      isOneParent && count > 1
        ? { how: "exited", name: "hog", count: count + 1 }
        : { how: "reaped", name: "hog", count },
  };
}

function storm(dice: Dice, machine: Equipment): Plot {
  const others = innocents(dice, machine.ramMib, usableMib(machine) * 0.5, dice.between(0, 0.4));
  const mib = Math.max(1, Math.round(machine.ramMib * dice.between(0.004, 0.012)));
  const pause = dice.whole(200, 500);
  return {
    about: `every process takes ${mib} MiB and starts two more`,
    innocents: others,
    actors: [{ name: "hog", part: `storm mb=${mib} pause=${pause}`, atMs: 500 }],
  };
}

/** A program that wants more than is left; without swap only: idle programs would make room. */
function newcomer(dice: Dice, machine: Equipment): Plot {
  const { ramMib } = machine;
  const own = usableMib(machine) * dice.between(0.4, 0.6);
  const others = innocents(dice, ramMib, own, dice.between(0.3, 0.6));
  const mib = Math.round(leftMib(machine, others) + ramMib * dice.between(0.12, 0.3));
  const part = `work mb=${mib} pause=20${isHuge(ramMib) ? " huge=1" : ""}`;
  return {
    about: `a newcomer of ${percent(mib / ramMib)}`,
    innocents: others,
    actors: [{ name: "hog", part, atMs: 500 }],
    until: { how: "reaped", name: "hog", count: 1 },
  };
}

/**
 * Memory and a mapped file, both used at random, and together far more than there is; most of it
 * memory. Where most of it is the file, only who reads it waits for it (measured: in 2 s 8,000 of
 * its major faults and 100 of all others'), and 16 to 40 % are available: no crisis.
 */
function workingSet(dice: Dice, machine: Equipment): Plot {
  const { ramMib } = machine;
  const usable = usableMib(machine);
  const others = innocents(dice, ramMib, usable * 0.2, dice.between(0, 0.1));
  const wanted = usable * dice.between(1.3, 1.6) - others.hotMib;
  const file = Math.round(usable * dice.between(0.05, 0.25));
  const memory = wanted - file;
  const part = `work mb=${Math.round(memory)} file=${file}`;
  return {
    about: `memory ${percent(memory / ramMib)} and a file ${percent(file / ramMib)} in use`,
    innocents: others,
    actors: [{ name: "hog", part, atMs: 500 }],
    until: { how: "reaped", name: "hog", count: 1 },
  };
}

/** One of them; a working set only where the laboratory's file is large enough. */
export function crisis(dice: Dice, machine: Equipment): Plot {
  const kinds = [
    [leak, leak, leak, leak, storm],
    machine.swap === "none" ? [newcomer] : [],
    machine.ramMib <= 1024 ? [workingSet, workingSet] : [],
  ].flat();
  return dice.pick(kinds)(dice, machine);
}
