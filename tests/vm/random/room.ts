/** How much fits into a machine, so that a random story certainly fits, or certainly does not. All
 * in MiB. */
import type { Equipment } from "../machine.ts";

/** MemAvailable by `-m`, as measured with Debian's 6.1 and a daemon that rests. */
const measured = [
  [256, 180],
  [512, 425],
  [1024, 835],
  [2048, 1838],
  [8192, 7740],
] as const;

/** What programs can have until MemAvailable is 0, with the files that they use. */
export function usableMib({ ramMib }: Equipment): number {
  const above = Math.max(
    1,
    measured.findIndex(([ram]) => ram >= ramMib),
  );
  const [[ram0, mib0], [ram1, mib1]] = [measured[above - 1]!, measured[above]!];
  return mib0 + ((mib1 - mib0) * (ramMib - ram0)) / (ram1 - ram0);
}

/** What must stay free in peace: nobody has a reason to act at 13 % of MemTotal. */
export function reserveMib({ ramMib }: Equipment): number {
  return ramMib * 0.14;
}

/** What the actors' pages shrink to in zram; see actors/craft.c. */
const compressed = 0.37;

/** How much more fits because of swap, if it is filled: nothing may need it again soon. */
export function swapGainMib({ swap, swapMib }: Equipment): number {
  if (swap === "none") return 0;
  return swap === "disk" ? swapMib : swapMib * (1 - compressed);
}
