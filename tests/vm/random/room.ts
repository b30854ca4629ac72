/** How much fits into a machine, so that a random story certainly fits, or certainly does not. All
 * in MiB. Measured with Debian's 6.1: of -m 1024 the kernel has 972, of which it, the first process
 * and a daemon use some 70. */
import type { Equipment } from "../machine.ts";

/** What programs and the files that they use can have. */
export function usableMib({ ramMib }: Equipment): number {
  return ramMib * 0.98 - 110;
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

/** How fast an actor takes memory there: emulated processors clear pages slowly. */
export function fillMibPerS(isHuge: boolean): number {
  return isHuge ? 400 : 80;
}
