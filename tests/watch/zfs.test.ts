import { expect, test } from "bun:test";
import { REOPEN_MS } from "../../src/model/limits.ts";
import { emptyReading } from "../../src/model/reading.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { look, lookClosely, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { meminfoText } from "../helpers/kernel-texts.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";

const ASKED = askedOf(someOptions(), aReading());
const GIB = 1024 * 1024;
const ARCSTATS = "/proc/spl/kstat/zfs/arcstats";

test("counts what ZFS would give back, once, however often it is looked at", () => {
  const sys = new FakeSys();
  sys.machine = { totalKib: 8 * GIB, freeKib: 1 * GIB, availableKib: 1 * GIB };
  sys.files.set(ARCSTATS, `size 4 ${3 * GIB * 1024}\nc_min 4 ${GIB * 1024}\n`);
  const machine = openMachine(sys);
  const into = emptyReading();
  for (let i = 0; i < 10; i++) {
    lookClosely(sys, machine, into);
    expect(into.availableKib).toBe(3 * GIB);
  }
});

test("adds nothing of the host's ZFS to what a container has", () => {
  const sys = new FakeSys();
  const cache = 8 * GIB * 1024;
  sys.files.set(ARCSTATS, `c_min 4 1024\nsize 4 ${cache}\n`);
  sys.machine = { totalKib: 64 * GIB, availableKib: 30 * GIB, freeKib: GIB };
  const own = { totalKib: 2 * GIB, availableKib: GIB / 8, freeKib: GIB / 16 };
  sys.files.set("/proc/meminfo", meminfoText(aReading(own)));
  const reading = emptyReading();
  look(sys, openMachine(sys), reading, ASKED);
  expect(reading.availableKib).toBe(GIB / 8);
});

test("sees ZFS that is loaded later", () => {
  const sys = new FakeSys();
  sys.machine = { totalKib: 8 * GIB, freeKib: 1 * GIB, availableKib: 1 * GIB };
  const machine = openMachine(sys);
  const into = emptyReading();
  lookClosely(sys, machine, into);
  sys.files.set(ARCSTATS, `size 4 ${3 * GIB * 1024}\nc_min 4 ${GIB * 1024}\n`);
  sys.atMs += REOPEN_MS;
  for (let i = 0; i < 3; i++) {
    lookClosely(sys, machine, into);
  }
  expect(into.availableKib).toBe(3 * GIB);
  expect([...sys.open.values()].filter((path) => path === ARCSTATS)).toHaveLength(1);
});
