import type { Attribution } from "../model/incident.ts";
import type { Selection } from "../model/selection.ts";

/** Who took how much of what was lost; null where that is not known. */
export function attributionOf(selection: Selection, arcKib: number): Attribution | null {
  const { candidates, loss } = selection;
  const { hugetlbKib, lostKib, shmemKib, sinceMs, slabKib, swappedShmemKib } = loss;
  if (lostKib <= 0) {
    return null;
  }
  const takers = candidates
    .filter(({ tookKib }) => tookKib > 0)
    .toSorted((a, b) => b.tookKib - a.tookKib);
  return {
    sinceMs: Math.round(sinceMs),
    lostKib: Math.round(lostKib),
    takers: takers.map(({ process, tookKib }) => ({
      pid: process.pid,
      comm: process.comm,
      tookKib: Math.round(tookKib),
    })),
    ...copiesOf(selection),
    unownedKib: {
      shmem: Math.round(shmemKib + swappedShmemKib),
      slab: Math.round(slabKib),
      hugetlb: Math.round(hugetlbKib),
      ...(arcKib > 0 ? { arc: Math.round(arcKib) } : {}),
    },
  };
}

/** What the victim is blamed for as one of its parent's copies, where it is. */
function copiesOf({ blamedKib, loss, taker, victims }: Selection): Pick<Attribution, "copies"> {
  const [first] = victims;
  if (blamedKib <= 0 || first === undefined) {
    return {};
  }
  const allKib = (taker?.share ?? 0) * loss.sharedOfKib;
  const { ppid } = first.process;
  return { copies: { ppid, blamedKib: Math.round(blamedKib), allKib: Math.round(allKib) } };
}
