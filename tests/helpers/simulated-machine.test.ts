import { describe, expect, test } from "bun:test";
import type { Course } from "./courses.ts";
import type { Actor, Hardware } from "./hardware.ts";
import { SimulatedMachine } from "./simulated-machine.ts";

const MIB = 1024;
const hardware: Hardware = {
  totalKib: 1000 * MIB,
  swapTotalKib: 0,
  swapKibPerS: 100 * MIB,
  cacheShare: 0.5,
  costMs: 0,
};

function actor(pid: number, course: Course): Actor {
  return { process: { pid }, course };
}

const aLeak = () => actor(42, { kind: "leak", kibPerS: 100 * MIB, fromMs: 1000 });
const settled = () => actor(43, { kind: "idle", sizeKib: 400 * MIB });

describe("the simulated machine", () => {
  test("evicts for a leak, and nothing for a cgroup at its own limit", () => {
    const leaking = new SimulatedMachine({ ...hardware, swapTotalKib: 300 * MIB }, [
      aLeak(),
      settled(),
    ]);
    const own = { process: { pid: 42 }, course: { kind: "throttled", sizeKib: 0, stallShare: 1 } };
    const throttled = new SimulatedMachine(hardware, [own as Actor]);
    const counted = [leaking, throttled].map((machine) => {
      machine.advance(8000);
      const { allocStalls = 0, evicted = 0, someTotalUs = 0 } = machine.reading();
      return [evicted > 10_000, allocStalls > 10, someTotalUs > 100_000];
    });
    expect(counted).toEqual([
      [true, true, true],
      [false, false, true],
    ]);
  });

  test("shows each process as large as it is, in memory and in swap", () => {
    const leak = aLeak();
    const idle = settled();
    const machine = new SimulatedMachine({ ...hardware, swapTotalKib: 300 * MIB }, [leak, idle]);
    machine.advance(9000);
    const { anonKib = 0, swapKib = 0 } = idle.process;
    expect(anonKib + swapKib).toBeCloseTo(400 * MIB, -3);
    expect(swapKib).toBeGreaterThan(50 * MIB);
    expect(leak.process.anonKib).toBeGreaterThan(500 * MIB);
  });

  test("counts stalls as psi.c does: avg10 passes 25 after 4 s and stays for up to 14 s", () => {
    const throttled = actor(42, { kind: "throttled", sizeKib: 0, stallShare: 1 });
    const machine = new SimulatedMachine(hardware, [throttled]);
    const avg10At = (atMs: number) => {
      machine.advance(atMs);
      return machine.reading().someAvg10 ?? 0;
    };
    expect(avg10At(2000)).toBeCloseTo(18.1, 1);
    expect(avg10At(3990)).toBeCloseTo(18.1, 1);
    expect(avg10At(4000)).toBeGreaterThan(25);
    expect(machine.reading().someTotalUs).toBe(4_000_000);
    expect(avg10At(60_000)).toBeGreaterThan(99);
    throttled.process.endsAtMs = 60_000;
    expect(avg10At(73_000)).toBeGreaterThan(25);
    expect(avg10At(74_000)).toBeLessThan(25);
    expect(machine.stallShare(60_000, 74_000)).toBe(0);
    expect(machine.stallShare(50_000, 70_000)).toBeCloseTo(0.5, 2);
  });

  test("without swap, a leak fills memory, everybody waits, and the kernel's killer comes", () => {
    const machine = new SimulatedMachine(hardware, [aLeak(), settled()]);
    machine.advance(4000);
    expect(machine.reading().availableKib).toBeCloseTo((960 - 400 - 300) * MIB, -4);
    expect(machine.kernelKills).toEqual([]);
    machine.advance(8000);
    expect(machine.kernelKills).toEqual([42]);
    expect(machine.stallShare(6000, 7000)).toBeGreaterThan(0.1);
    expect(machine.reading().availableKib).toBeCloseTo(560 * MIB, -4);
  });

  test("with swap, idle memory goes there at its speed, and nobody dies before it is full", () => {
    const swapTotalKib = 300 * MIB;
    const machine = new SimulatedMachine({ ...hardware, swapTotalKib }, [aLeak(), settled()]);
    machine.advance(8000);
    expect(machine.kernelKills).toEqual([]);
    const { swapFreeKib = 0 } = machine.reading();
    expect(swapFreeKib).toBeWithin(100 * MIB, 280 * MIB);
    expect(machine.sizeKibOf(43)).toBeCloseTo(400 * MIB, -3);
    machine.advance(20_000);
    expect(machine.kernelKills).toEqual([42]);
  });

  test("what a dead process had is free at once, and its children are not born any more", () => {
    const child = { process: { pid: 44, ppid: 42, bornAtMs: 3000 }, course: settled().course };
    const leak = aLeak();
    const machine = new SimulatedMachine(hardware, [leak, child]);
    machine.advance(2500);
    leak.process.endsAtMs = 2500;
    machine.advance(2510);
    expect(machine.reading().availableKib).toBeCloseTo(960 * MIB, -3);
    machine.advance(4000);
    expect(machine.reading().availableKib).toBeCloseTo(960 * MIB, -3);
    expect(child.process).toMatchObject({ endsAtMs: 3000 });
  });

  test("a burst gives back what it took", () => {
    const burst = { kind: "burst", sizeKib: 500 * MIB, kibPerS: 1000 * MIB, fromMs: 0 } as const;
    const machine = new SimulatedMachine(hardware, [actor(42, { ...burst, forMs: 200 })]);
    machine.advance(600);
    expect(machine.reading().availableKib).toBeCloseTo(460 * MIB, -3);
    machine.advance(720);
    expect(machine.reading().availableKib).toBeCloseTo(960 * MIB, -3);
  });

  test("files in use that do not fit are read back again and again", () => {
    const reader = actor(42, { kind: "files", sizeKib: 300 * MIB, fileKib: 800 * MIB });
    const machine = new SimulatedMachine(hardware, [reader]);
    machine.advance(2000);
    expect(machine.stateAt(2000).refaultPercent).toBeGreaterThan(20);
    expect(machine.stallShare(0, 2000)).toBeWithin(0.1, 0.5);
    const { evicted = 0, refaults = 0 } = machine.reading();
    expect(refaults).toBeGreaterThan(10_000);
    expect(evicted).toBeWithin(0.9 * refaults, 1.2 * refaults);
  });
});
