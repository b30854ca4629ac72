import { usualEquipment, type Equipment, type Swap } from "../machine.ts";
import type { Story } from "../story.ts";
import { crisis } from "./crises.ts";
import { Dice } from "./dice.ts";
import { peacefulPlot } from "./peace.ts";

/** A machine and what happens there. */
export interface Seeded {
  seed: number;
  isCrisis: boolean;
  machine: Equipment;
  story: Story;
}

const sizesMib = [256, 256, 256, 384, 384, 512, 512, 512, 768, 768, 1024, 1024, 1024, 2048];
const largeMib = [2048, 4096, 8192];

/** Swap is no larger than what this disk, or an emulated processor for zram, fills in some 12 s. */
function swapSize(dice: Dice, swap: Swap, ramMib: number, diskBytesPerSecond: number): number {
  const wanted = ramMib * (swap === "disk" ? dice.between(0.25, 1) : dice.between(0.25, 2));
  const most = swap === "disk" ? (diskBytesPerSecond / 2 ** 20) * 8 : ramMib > 512 ? 300 : 512;
  return Math.round(Math.min(wanted, most));
}

function equip(dice: Dice, swap: Swap): Equipment {
  const isLarge = swap === "none" && dice.chance(0.2);
  const ramMib = dice.pick(isLarge ? largeMib : sizesMib);
  const diskBytesPerSecond = Math.round(dice.magnitude(20, 120)) * 1_000_000;
  return {
    ...usualEquipment,
    ramMib,
    swap,
    swapMib: swapSize(dice, swap, ramMib, diskBytesPerSecond),
    lru: dice.chance(0.5) ? "mglru" : "classic",
    diskBytesPerSecond,
  };
}

/** The same for the same seed. Every second seed is peaceful, and every second crisis has swap. */
export function seeded(seed: number): Seeded {
  const dice = new Dice(seed);
  const isCrisis = seed % 2 === 1;
  const isSwapless = isCrisis ? seed % 4 === 1 : dice.chance(0.4);
  const machine = equip(dice, isSwapless ? "none" : dice.pick(["disk", "zram"]));
  const plot = (isCrisis ? crisis : peacefulPlot)(dice, machine);
  const beside = plot.innocents.words.length > 0 ? `; ${plot.innocents.words.join(", ")}` : "";
  const [first, ...others] = plot.actors;
  const actors = first === undefined ? [] : [{ ...first, afterRest: true }, ...others];
  const peaceMs = Math.max(...plot.actors.map(({ atMs = 0 }) => atMs)) + 15_000;
  const story: Story = {
    about: `${plot.about}${beside}`,
    swaps: [machine.swap],
    actors: [...plot.innocents.actors, ...actors],
    ...(plot.until ? { until: plot.until } : {}),
    // Emulated processors fill some 80 MiB/s; the bystander and its like have done so by then.
    deadlineMs: isCrisis ? 30_000 + machine.ramMib * 12 : Math.min(40_000, peaceMs),
    tailMs: 3000,
    mustDie: isCrisis ? ["hog"] : [],
  };
  return { seed, isCrisis, machine, story };
}
