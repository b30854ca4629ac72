import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Errno } from "../src/model/errno.ts";
import { ExitCode } from "../src/model/exit-codes.ts";
import { HARD_STUCK_MS } from "../src/model/limits.ts";
import type { Match, Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import type { Verb } from "./helpers/paper-calls.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const EIO = 5;

/** A kernel where a call fails now and then, as a stream of error numbers says; 0 is no failure. */
class FailingSys extends FakeSys {
  readonly errnos: readonly number[];
  /** Failures begin here. */
  readonly fromMs: number;
  callCount = 0;

  constructor(errnos: readonly number[], fromMs: number) {
    super();
    this.errnos = errnos;
    this.fromMs = fromMs;
  }

  protected override unlessRefused(verb: Verb, natural: () => number): number {
    const errno = this.errnos[this.callCount++ % this.errnos.length] ?? 0;
    return errno > 0 && this.atMs >= this.fromMs ? -errno : super.unlessRefused(verb, natural);
  }
}

const glob = (source: string) => [{ kind: "glob", source }] as const;

/** Protected in one way or another; each is larger than all others. */
const SACRED: readonly (readonly [string, PaperProcess, Partial<Options>])[] = [
  ["init", { pid: 1, ppid: 0 }, {}],
  ["ourselves", { pid: 999 }, {}],
  ["a kernel thread", { pid: 7, ppid: 2, flags: 0x200000 }, {}],
  ["adj -1000", { pid: 7, oomScoreAdj: -1000, oomScore: 0 }, {}],
  ["its name", { pid: 7, comm: "Xorg" }, protect({ comm: glob("Xorg") })],
  ["its file", { pid: 7, exe: "/bin/x" }, protect({ exe: glob("/bin/x") })],
  ["its arguments", { pid: 7, cmdline: "x -y" }, protect({ cmdline: glob("x -*") })],
  ["its user", { pid: 7, uid: 33 }, protect({ uids: [33] })],
  ["root", { pid: 7, uid: 0 }, { ignoreRootUser: true }],
  ["its cgroup", { pid: 7, cgroup: "/a.slice" }, protect({ cgroup: glob("/a.*") })],
  ["its unit", { pid: 7, cgroup: "/a/x.service" }, protect({ unit: glob("x.service") })],
];

function protect(match: Match): Partial<Options> {
  return { rules: [{ origin: "-u", match, effect: { kind: "protect" } }] };
}

const ERRNOS = [EIO, Errno.ESRCH, Errno.EPERM, Errno.ENOMEM, Errno.ENOENT] as const;

/** Numbers of a prime length, so that it is not always the same call that fails. */
function errnosArbitrary(errnos: readonly number[]): fc.Arbitrary<number[]> {
  const failure = { weight: 1, arbitrary: fc.constantFrom(...errnos) };
  const success = { weight: 12, arbitrary: fc.constant(0) };
  return fc.array(fc.oneof(success, failure), { minLength: 401, maxLength: 401 });
}

describe("with any call failing at any time", () => {
  test.each(SACRED)("nothing throws and nobody protected dies: %s", (_name, sacred, options) => {
    // A file that is not there is an answer: kernel threads have no exe, some kernels no cgroups.
    const byFile = sacred.cgroup ?? sacred.exe ?? sacred.cmdline;
    const errnosOf = errnosArbitrary(byFile === undefined ? ERRNOS : ERRNOS.slice(0, -1));
    fc.assert(
      fc.property(errnosOf, fc.boolean(), (errnos, fromStart) => {
        const sys = new FailingSys(errnos, fromStart ? 0 : 1);
        sys.add({ oomScore: 1900, rssKib: 500_000, ...sacred });
        sys.add({ pid: 42, oomScore: 700 }, { pid: 43, oomScore: 800, ignoresSigterm: true });
        sys.machine = (machine) => memoryAt(machine.atMs % 700 < 300 ? 3 : 8);
        const watched = watch(sys, 3000, options);
        expect(watched.signals.filter((call) => call.includes(` ${sacred.pid}`))).toEqual([]);
        expect(watched.code).toBe(ExitCode.ok);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a process that vanishes after any number of reads", () => {
  test("is nobody's problem, and its pid is not signalled", () => {
    for (let reads = 0; reads < 15; reads++) {
      const sys = new FakeSys().add(
        { pid: 42, oomScore: 900, vanishesAfterReads: reads },
        { pid: 43, oomScore: 700 },
      );
      sys.machine = (machine) => memoryAt(machine.isAlive(43) ? 8 : 80);
      const watched = watch(sys, 2000);
      expect(watched.signals.length).toBeLessThanOrEqual(2);
      expect(watched.code).toBe(ExitCode.ok);
    }
  });
});

describe("a storm that is slow to die", () => {
  /** Each has started the next one. */
  const member = (pid: number, bornAtMs: number): PaperProcess => ({
    pid,
    comm: "storm",
    ppid: pid - 1,
    pgid: 50,
    sessionId: 40,
    startMs: 1_000_000 + bornAtMs,
    bornAtMs,
    rssKib: 60_000,
    dyingMs: 3000,
    givesBack: true,
  });
  const first = [100, 101, 102, 103, 104, 105];
  const later = [200, 201, 202, 203, 204, 205];

  /** Pids in order, and when the last one was signalled. */
  function signalledOf(members: readonly PaperProcess[]) {
    const sys = new FakeSys().add({ pid: 60, oomScore: 800, rssKib: 100_000 }, ...members);
    const isStorm = () => sys.atMs >= 5000 && members.some(({ pid }) => sys.isAlive(pid));
    sys.machine = () => memoryAt(isStorm() ? 3 : 38);
    const { signals } = watch(sys, 20_000);
    const pids = signals
      .filter((call) => !call.includes("group"))
      .map((call) => call.split(" ")[2]);
    return { pids: pids.map(Number).toSorted(), lastMs: parseInt(signals.at(-1) ?? "", 10) };
  }

  test("is waited for while it gives memory back, and nobody else dies meanwhile", () => {
    expect(signalledOf(first.map((pid) => member(pid, 5000))).pids).toEqual(first);
  });

  test("does not keep those alive who were born meanwhile", () => {
    const born = [...first.map((pid) => member(pid, 5000)), ...later.map((p) => member(p, 5500))];
    const { lastMs, pids } = signalledOf(born);
    expect(pids).toEqual([...first, ...later]);
    expect(lastMs).toBeLessThan(8200);
  });
});

describe("a victim is gone, and its memory not yet back", () => {
  /** Who is signalled when memory comes back so long after the hog is gone. */
  function signalledWhenBackAfter(backMs: number): string[] {
    const sys = new FakeSys().add(
      { pid: 60, oomScore: 800, rssKib: 100_000 },
      { pid: 70, startMs: 1_005_000, bornAtMs: 5000, rssKib: 600_000, dyingMs: 30 },
    );
    let goneAtMs = Infinity;
    sys.machine = () => {
      if (sys.atMs > 5100 && !sys.isAlive(70)) {
        goneAtMs = Math.min(goneAtMs, sys.atMs);
      }
      return memoryAt(sys.atMs >= 5000 && sys.atMs < goneAtMs + backMs ? 3 : 38);
    };
    return watch(sys, 10_000).signals.map((call) => call.split(" ")[2] ?? "");
  }

  test("as while swap is switched off: nobody dies in its place", () => {
    expect(signalledWhenBackAfter(HARD_STUCK_MS - 50)).toEqual(["70"]);
  });

  test("but not for ever", () => {
    expect(signalledWhenBackAfter(10 * HARD_STUCK_MS)).toEqual(["70", "60"]);
  });
});

describe("old news", () => {
  /** From the start a hog uses memory up; afterwards memory stays just above the limits. */
  function storm(after: (atMs: number) => ReturnType<typeof memoryAt>): FakeSys {
    const sys = new FakeSys().add(
      { pid: 42, oomScore: 900, dyingMs: 100 },
      { pid: 43, oomScore: 800 },
    );
    sys.machine = (machine) => (machine.isAlive(42) ? memoryAt(8) : after(machine.atMs));
    return sys;
  }

  test("is no reason for a second kill: avg10 stays high for 15 s", () => {
    const sys = storm(() => memoryAt(11, { someAvg10: 80, someTotalUs: 9_000_000 }));
    expect(watch(sys, 15_000).signals).toEqual(["0ms SIGTERM 42"]);
  });

  test("nor are stalls that go on while memory stays above the limits", () => {
    const sys = storm((atMs) => memoryAt(11, { someAvg10: 80, someTotalUs: atMs * 800 }));
    expect(watch(sys, 15_000).signals).toEqual(["0ms SIGTERM 42"]);
  });

  /** All tasks stall and what is in use is evicted, up to this time; some memory is left. */
  function thrashed(untilMs: number, atMs: number): ReturnType<typeof memoryAt> {
    const stalledMs = Math.min(atMs, untilMs);
    return memoryAt(8, {
      swapTotalKib: 1_000_000,
      swapFreeKib: 500_000 - 10 * stalledMs,
      someAvg10: 80,
      someTotalUs: 1000 * stalledMs,
      fullTotalUs: 1000 * stalledMs,
      refaults: 500 * stalledMs,
      evicted: 400 * stalledMs,
      allocStalls: stalledMs,
    });
  }

  test("nor are stalls from before the kill, when as little is left but all is calm", () => {
    const sys = storm(() => memoryAt(80));
    let diedMs = Infinity;
    sys.machine = (machine) => {
      diedMs = machine.isAlive(42) ? Infinity : Math.min(diedMs, machine.atMs);
      return thrashed(diedMs, machine.atMs);
    };
    const { signals } = watch(sys, 30_000);
    expect(signals).toHaveLength(1);
    expect(signals[0]).toEndWith("SIGTERM 42");
  });

  test("nor are stalls from a time when memory was plenty and nobody looked", () => {
    const sys = storm(() => memoryAt(80));
    sys.machine = ({ atMs }) => {
      const before = thrashed(9000, atMs);
      return atMs < 9000 ? { ...before, ...memoryAt(80), freeKib: 700 * 1024 } : before;
    };
    expect(watch(sys, 30_000).signals).toEqual([]);
  });

  test("a second kill comes when memory was measured again and is still used up", () => {
    const sys = storm(() => memoryAt(80));
    sys.machine = (machine) => memoryAt(machine.isAlive(43) ? 8 : 80);
    const watched = watch(sys, 15_000);
    expect(watched.signals).toEqual(["0ms SIGTERM 42", "100ms SIGTERM 43"]);
    expect(eventsOf(watched, "killed")[0]?.availablePercent).toBeCloseTo(8, 3);
  });
});
