import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { scan } from "../../src/readings/processes.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aPlan } from "../helpers/nouns.ts";

const needs = { exe: false, exeProtects: false, cmdline: true, cmdlineRules: true };

function scanned(sys: FakeSys) {
  const { processes, unknown } = scan(sys, aPlan({ needs }));
  return { processes: processes.toSorted((a, b) => a.pid - b.pid), unknown };
}

describe("a command line", () => {
  test.each([Errno.ETIMEDOUT, Errno.ENOSYS, Errno.EAGAIN])(
    "that cannot be read in time spares nobody: error %d",
    (errno) => {
      const sys = new FakeSys().add({ pid: 42, cmdline: "a b" }, { pid: 43, cmdline: "c" });
      sys.files.set("/proc/42/cmdline", -errno);
      const { processes, unknown } = scanned(sys);
      expect(processes.map(({ cmdline, pid }) => [pid, cmdline])).toEqual([
        [42, ""],
        [43, "c"],
      ]);
      expect(unknown).toBe(1);
    },
  );

  test("counts as a whole until its user has had enough, then from its beginning", () => {
    const sys = new FakeSys();
    const cmdline = "x".repeat(60_000);
    for (let pid = 10; pid < 20; pid++) {
      sys.add({ pid, cmdline, uid: pid === 19 ? 7 : 1000 });
    }
    const lengths = scanned(sys).processes.map((process) => process.cmdline.length);
    const whole = Array.from({ length: 4 }, () => 60_000);
    const fifth = 256 * 1024 - 4 * 60_000;
    expect(lengths).toEqual([...whole, fifth, 512, 512, 512, 512, 60_000]);
  });
});
