/** Random stories in which nobody needs to die: what is wanted certainly fits. */
import type { Equipment } from "../machine.ts";
import type { Dice } from "./dice.ts";
import type { Plot } from "./crises.ts";
import { innocents, isHuge, type Innocents } from "./innocents.ts";
import { reserveMib, swapGainMib, usableMib } from "./room.ts";

/** What is left to a newcomer beside innocents of a share of what is usable. */
function scene(dice: Dice, machine: Equipment, share: number) {
  const { ramMib } = machine;
  const mib = (usableMib(machine) - reserveMib(machine)) * share;
  const others = innocents(dice, ramMib, mib, dice.between(0, 0.6));
  const left = usableMib(machine) - reserveMib(machine) - others.mib;
  const percent = (part: number) => `${Math.round((part / ramMib) * 100)} %`;
  return { others, left, percent, huge: isHuge(ramMib) ? " huge=1" : "" };
}

/** It takes all that is left for a while, and comes again. */
function burst(dice: Dice, machine: Equipment): Plot {
  const { others, left, percent, huge } = scene(dice, machine, dice.between(0.3, 0.7));
  const mib = Math.floor(left * dice.between(0.8, 1));
  const kib = Math.round(machine.ramMib * dice.magnitude(0.05, 0.3) * 1024);
  const part = `burst mb=${mib} kib=${kib} keep=${dice.whole(500, 3000)}${huge}`;
  const again = 6500 + (mib * 1024_000) / kib;
  return {
    about: `bursts of ${percent(mib)}`,
    innocents: others,
    actors: [500, again].map((atMs) => ({ name: "burst", part, atMs: Math.round(atMs) })),
  };
}

/** What newcomers may take: with swap as much more as fills half of it, as the disk takes in 4 s,
 * and as is a fifth of RAM. Files in use make no room: some kernels swap before they evict them. */
function roomMib(machine: Equipment, others: Innocents): number {
  const all = usableMib(machine) - others.mib;
  if (machine.swap === "none") return all - reserveMib(machine);
  const diskMib = (machine.diskBytesPerSecond / 2 ** 20) * 4;
  const most = machine.swap === "disk" ? diskMib : Infinity;
  const gain = Math.min(swapGainMib(machine) / 2, most, machine.ramMib * 0.2);
  return all + gain;
}

/** A newcomer for whom idle programs are driven into swap; all that is in use fits with ease. */
function newcomer(dice: Dice, machine: Equipment): Plot {
  const { others, percent, huge } = scene(dice, machine, dice.between(0.4, 0.7));
  const most = usableMib(machine) * 0.6 - others.hotMib;
  const room = roomMib(machine, others);
  const wanted = Math.min(most, room, machine.ramMib * dice.between(0.1, 0.6));
  const mib = Math.floor(Math.max(machine.ramMib * 0.05, wanted));
  const sleeping = Math.floor(Math.max(0, room - mib));
  const part = `hold mb=${sleeping}${huge}`;
  const beside = sleeping > 0 ? ` beside ${percent(sleeping)} asleep` : "";
  return {
    about: `a newcomer of ${percent(mib)} settles${beside}`,
    innocents: others,
    actors: [
      ...(sleeping > 0 ? [{ name: "asleep", part, afterRest: true }] : []),
      { name: "newcomer", part: `work mb=${mib} pause=20${huge}`, atMs: 500, afterRest: true },
    ],
  };
}

function steady(dice: Dice, machine: Equipment): Plot {
  const { others, left, percent, huge } = scene(dice, machine, dice.between(0.2, 0.5));
  const mib = Math.floor(left * dice.between(0.5, 0.75));
  const file = Math.floor(Math.min(300, left * 0.22));
  const part = `work mb=${mib} file=${file} pause=5${huge}`;
  return {
    about: `memory ${percent(mib)} and a file ${percent(file)} in use`,
    innocents: others,
    actors: [{ name: "steady", part }],
  };
}

function copy(dice: Dice, machine: Equipment): Plot {
  const { others } = scene(dice, machine, dice.between(0.5, 1));
  const mib = Math.round(Math.min(1000, machine.ramMib * dice.between(0.5, 1)));
  return {
    about: `a file of ${mib} MiB is copied`,
    innocents: others,
    actors: [{ name: "copy", part: `copy mb=${mib}` }],
  };
}

function stream(dice: Dice, machine: Equipment): Plot {
  const { others } = scene(dice, machine, dice.between(0.5, 1));
  return {
    about: "a file of 1400 MiB is read",
    innocents: others,
    actors: [{ name: "reader", part: "stream file=1400" }],
  };
}

function build(dice: Dice, machine: Equipment): Plot {
  const { others, left } = scene(dice, machine, dice.between(0.3, 0.6));
  const jobs = dice.whole(2, 6);
  const mib = Math.max(1, Math.floor(Math.min(80, left / jobs - 14)));
  return {
    about: `${jobs} compilers of up to ${mib + 5} MiB`,
    innocents: others,
    actors: [{ name: "make", part: `build jobs=${jobs} mb=${mib}` }],
  };
}

function tabs(dice: Dice, machine: Equipment): Plot {
  const { others, left, percent } = scene(dice, machine, dice.between(0.2, 0.5));
  const count = dice.whole(5, 20);
  const main = Math.floor(Math.min(200, left * 0.2));
  const mib = Math.max(1, Math.floor((left * 0.75) / count));
  const part = `browser main=${main} tabs=${count} mb=${mib} every=${dice.whole(50, 200)}`;
  return {
    about: `a browser of ${count} tabs, ${percent(main + count * mib)} in all`,
    innocents: others,
    actors: [{ name: "browser", part }],
  };
}

/** One of them; small machines have no room for compilers or copies. */
export function peacefulPlot(dice: Dice, machine: Equipment): Plot {
  const everywhere = [burst, newcomer, newcomer, steady, stream, tabs];
  const kinds = machine.ramMib < 512 ? everywhere : [...everywhere, copy, build];
  return dice.pick(kinds)(dice, machine);
}
