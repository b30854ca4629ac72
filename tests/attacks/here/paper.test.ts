/** Attacks on a kernel on paper: what no machine at hand can be made to show, or not in time. */
import { describe, expect, test } from "bun:test";
import type { MemoryTotals, Reading } from "../../../src/model/reading.ts";
import { FakeSys } from "../../helpers/fake-sys.ts";
import { meminfoText } from "../../helpers/kernel-texts.ts";
import type { Content } from "../../helpers/paper-machine.ts";
import { watch } from "../../helpers/watch.ts";
import { leftOut } from "../withstood.ts";

const GIB = 1024 * 1024;
const HOG = 42;
const EPERM = 1;
const EMFILE = 24;
const ENOTCONN = 107;
/** Memory is plenty until then, and the hog has to be gone soon after. */
const CRISIS_MS = 2000;
const SOON_MS = 2000;

function play(name: string, isWithstood: boolean, body: () => void): void {
  const why = leftOut("", isWithstood);
  test.skipIf(why !== "")(`${name}${why}`, body);
}

/** Pids of those who were signalled in time. */
function signalled(sys: FakeSys, forMs = CRISIS_MS + SOON_MS): number[] {
  const { signals } = watch(sys, forMs);
  return signals.map((call) => Number(/ (\d+)$/.exec(call)?.[1]));
}

describe("more than 65,536 processes", () => {
  play("do not hide the hog that comes last", true, () => {
    const sys = new FakeSys();
    for (let pid = 2; pid < 70_000; pid++) sys.add({ pid, rssKib: 100 });
    const hog = 70_001;
    sys.add({ pid: hog, oomScore: 1100, rssKib: 6 * GIB });
    sys.machine = () => ({ availableKib: sys.isAlive(hog) ? 0.3 * GIB : 6 * GIB });
    expect(signalled(sys, 500)).toEqual([hog]);
  });
});

/** 8 GiB, of which the hog takes nearly all at the crisis. */
function withHog(sys: FakeSys, changes: (atMs: number) => Partial<Reading> = () => ({})): FakeSys {
  sys.add({ pid: HOG, oomScore: 1100, rssKib: 5 * GIB }, { pid: 43, oomScore: 700 });
  sys.machine = ({ atMs }) => {
    const isCrisis = atMs >= CRISIS_MS && sys.isAlive(HOG);
    const availableKib = isCrisis ? 0.16 * GIB : 6 * GIB;
    return { availableKib, freeKib: availableKib / 2, ...changes(atMs) };
  };
  return sys;
}

/** A container of 4 GiB whose meminfo tells of itself, on a host of 64 GiB that has plenty. */
class ContainerSys extends FakeSys {
  override readMemoryTotals(into: MemoryTotals): void {
    super.readMemoryTotals(into);
    into.totalKib = 64 * GIB;
    into.freeKib = 40 * GIB;
  }
}

/** `faultOf` says what is read in place of meminfo, or null. */
function withFault(sys: FakeSys, faultOf: (atMs: number) => Content | null): FakeSys {
  sys.files.set("/proc/meminfo", () => faultOf(sys.nowMs()) ?? meminfoText(sys.reading()));
  return sys;
}

describe("a meminfo that cannot be read once", () => {
  const faults: [name: string, fault: Content][] = [
    ["an error", -ENOTCONN],
    ["nothing", ""],
    ["garbage", "\0garbage\n"],
    ["half of it", "MemTotal:        8388608 kB\nMemFree:"],
  ];
  for (const [name, fault] of faults) {
    for (const [where, make, isWithstood] of [
      ["on a machine", () => new FakeSys(), true],
      ["in a container", () => new ContainerSys(), true],
    ] as const) {
      play(`${where}: ${name}`, isWithstood, () => {
        let isOver = false;
        const sys = withFault(withHog(make()), (atMs) => {
          if (isOver || atMs < 500) return null;
          isOver = true;
          return fault;
        });
        expect(signalled(sys)).toEqual([HOG]);
      });
      // At the worst moment as well.
      play(`${where}, in the crisis: ${name}`, isWithstood, () => {
        let isOver = false;
        const sys = withFault(withHog(make()), (atMs) => {
          if (isOver || atMs < CRISIS_MS) return null;
          isOver = true;
          return fault;
        });
        expect(signalled(sys)).toEqual([HOG]);
      });
    }
  }
});

describe("a meminfo that is gone for good", () => {
  play("leaves the kernel's own numbers", true, () => {
    const sys = withFault(withHog(new FakeSys()), (atMs) => (atMs >= 500 ? -ENOTCONN : null));
    expect(signalled(sys)).toEqual([HOG]);
  });
});

describe("a pidfd that is refused otherwise than because there is no process", () => {
  for (const errno of [EPERM, EMFILE]) {
    play(`leaves kill(2): error ${errno}`, true, () => {
      const sys = withHog(new FakeSys());
      sys.refused.set("openPidfd", errno);
      expect(signalled(sys)).toEqual([HOG]);
    });
  }
});

describe("totals", () => {
  play("a swap total below zero, as lxcfs says it, is none", true, () => {
    const sys = withHog(new FakeSys());
    const below = (_line: string, name: string) => `${name}:    18446744073709551104 kB`;
    withFault(sys, () =>
      meminfoText(sys.reading()).replaceAll(/^(SwapTotal|SwapFree): .*$/gm, below),
    );
    expect(signalled(sys)).toEqual([HOG]);
  });

  play("a free swap below zero is none", true, () => {
    const sys = withHog(new FakeSys());
    withFault(sys, () =>
      meminfoText(sys.reading()).replace(/^SwapFree: .*$/m, "SwapFree: 18446744073709551104 kB"),
    );
    expect(signalled(sys)).toEqual([HOG]);
  });

  play("a memory total of zero is none: the kernel's own holds", true, () => {
    const sys = withFault(withHog(new FakeSys()), (atMs) =>
      atMs >= 500 ? meminfoText({ ...sys.reading(), totalKib: 0 }) : null,
    );
    expect(signalled(sys)).toEqual([HOG]);
  });

  play("a balloon takes half of memory", true, () => {
    const sys = new FakeSys().add({ pid: HOG, oomScore: 900, rssKib: 3 * GIB });
    sys.machine = ({ atMs }) =>
      atMs < CRISIS_MS || !sys.isAlive(HOG)
        ? { totalKib: 8 * GIB, availableKib: 4 * GIB }
        : { totalKib: 4 * GIB, availableKib: 0.3 * GIB };
    expect(signalled(sys)).toEqual([HOG]);
  });

  play("memory is plugged in: the same number of bytes is a smaller share", true, () => {
    const sys = new FakeSys().add({ pid: HOG, oomScore: 900, rssKib: 3 * GIB });
    sys.machine = ({ atMs }) => {
      const totalKib = atMs < CRISIS_MS ? 4 * GIB : 8 * GIB;
      return { totalKib, availableKib: sys.isAlive(HOG) ? 0.6 * GIB : 4 * GIB };
    };
    expect(signalled(sys, CRISIS_MS)).toEqual([]);
    expect(signalled(sys, CRISIS_MS + SOON_MS)).toEqual([HOG]);
  });

  play("swap is switched off, and on", true, () => {
    const sys = new FakeSys().add({ pid: HOG, oomScore: 900, rssKib: 3 * GIB });
    const swap = (gib: number) => ({ swapTotalKib: gib * GIB, swapFreeKib: gib * GIB });
    sys.machine = ({ atMs }) => ({
      totalKib: 8 * GIB,
      availableKib: sys.isAlive(HOG) ? 0.6 * GIB : 4 * GIB,
      ...swap(atMs < CRISIS_MS ? 4 : 0),
    });
    expect(signalled(sys, CRISIS_MS)).toEqual([]);
    expect(signalled(sys, CRISIS_MS + SOON_MS)).toEqual([HOG]);
    const other = new FakeSys().add({ pid: HOG, oomScore: 900, rssKib: 3 * GIB });
    other.machine = ({ atMs }) => ({
      totalKib: 8 * GIB,
      availableKib: atMs < 500 ? 4 * GIB : 0.6 * GIB,
      ...swap(atMs < 300 ? 0 : 4),
    });
    expect(signalled(other)).toEqual([]);
  });
});
