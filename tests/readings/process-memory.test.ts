import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import {
  hasAsMuch,
  readAdj,
  readOwnMemory,
  readStatus,
} from "../../src/readings/process-memory.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";

const PF_KTHREAD = 0x200000;
const SIZES = { anonKib: 8000, fileKib: 400, shmemKib: 40, swapKib: 4 } as const;

function machine(process: Partial<PaperProcess>): FakeSys {
  return new FakeSys().add({ pid: 42, ...process });
}

describe("readOwnMemory", () => {
  function own(sys: FakeSys) {
    return { ...readOwnMemory(sys, 42) };
  }

  test("tells what is of its own from what is a file's or shared", () => {
    expect(own(machine(SIZES))).toEqual({ ownKib: 8000, sharedKib: 440 });
  });

  test("of a first thread that has ended asks one that lives", () => {
    const sys = machine({ ...SIZES, state: "Z", tasks: [42, 43, 44] });
    sys.files.set("/proc/42/task/43/statm", -Errno.ENOENT);
    expect(own(sys)).toEqual({ ownKib: 8000, sharedKib: 440 });
  });

  test("of one without memory is nothing: a thread of the kernel is not asked any further", () => {
    const sys = machine({ flags: PF_KTHREAD });
    sys.refused.set("listTasks", Errno.EACCES);
    expect(own(sys)).toEqual({ ownKib: 0, sharedKib: 0 });
  });

  test.each([Errno.ENOENT, Errno.ESRCH, Errno.EACCES])("of nobody is -1, error %d", (errno) => {
    const sys = machine(SIZES);
    sys.files.set("/proc/42/statm", -errno);
    expect(own(sys).ownKib).toBe(-1);
  });

  test.each(["", "9000", "9000 ", "9000 x y", "\0\0", "9000 20 30 \n", "9000 20"])(
    "of a strange text %#: never negative, never what is no number",
    (text) => {
      const sys = machine(SIZES);
      sys.files.set("/proc/42/statm", text);
      const { ownKib, sharedKib } = own(sys);
      expect(ownKib).toBeGreaterThanOrEqual(-1);
      expect(sharedKib).toBeGreaterThanOrEqual(0);
    },
  );

  test("of one whose threads are all dead is nothing", () => {
    const sys = machine({ ...SIZES, state: "Z", tasks: [42, 43] });
    sys.files.set("/proc/42/task/43/statm", "0 0 0 0 0 0 0\n");
    expect(own(sys)).toEqual({ ownKib: 0, sharedKib: 0 });
  });
});

describe("readStatus", () => {
  const NO_MORE = { lockedKib: 0, tablesKib: 0, isDumpingCore: false };

  test("tells sizes and the effective user", () => {
    expect(readStatus(machine({ ...SIZES, uid: 33 }), 42, 1)).toEqual({
      uid: 33,
      ...SIZES,
      ...NO_MORE,
    });
    const dumping = { ...SIZES, lockedKib: 6_400_000, tablesKib: 900, isDumpingCore: true };
    expect(readStatus(machine(dumping), 42, 1)).toMatchObject(dumping);
  });

  test("the effective user is the second number, not the one who called", () => {
    const sys = machine(SIZES);
    sys.files.set("/proc/42/status", "Name:\tsu\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n");
    expect(readStatus(sys, 42, 1).uid).toBe(0);
  });

  test("a name cannot pretend to be a line", () => {
    const sys = machine({ ...SIZES, comm: "\nUid:\t0\t0\t0", uid: 1000 });
    expect(readStatus(sys, 42, 1).uid).toBe(1000);
  });

  test("of a first thread that has ended asks one that lives; the user is its own", () => {
    const sys = machine({ ...SIZES, state: "Z", tasks: [42, 43], uid: 33 });
    expect(readStatus(sys, 42, 2)).toEqual({ uid: 33, ...SIZES, ...NO_MORE });
  });

  test("of a dead one without other threads nobody else is asked", () => {
    const sys = machine({ ...SIZES, state: "Z" });
    sys.listTasks = () => expect.unreachable("listTasks");
    expect(readStatus(sys, 42, 1)).toMatchObject({ anonKib: 0, swapKib: 0 });
  });

  test("of nobody has no user", () => {
    const sys = machine(SIZES);
    sys.files.set("/proc/42/status", -Errno.ENOENT);
    expect(readStatus(sys, 42, 1).uid).toBe(-1);
  });

  test("what it read of one process is none of the next one's", () => {
    const sys = machine(SIZES).add({ pid: 43, flags: PF_KTHREAD });
    readStatus(sys, 42, 1);
    const none = { anonKib: 0, fileKib: 0, shmemKib: 0, swapKib: 0 };
    expect(readStatus(sys, 43, 1)).toMatchObject(none);
  });
});

describe("readAdj", () => {
  test.each([
    ["0\n", 0],
    ["-1000\n", -1000],
    ["1000\n", 1000],
    ["-17\n", -17],
    ["", 5],
    ["x\n", 5],
    ["-", 5],
    [-Errno.ENOENT, 5],
  ])("%j is %d", (content, expected) => {
    const sys = machine({});
    sys.files.set("/proc/42/oom_score_adj", content);
    expect(readAdj(sys, 42, 5)).toBe(expected);
  });
});

describe("as much memory as another one, page for page", () => {
  /** The first one has these pages at one read after the other, the second always the same. */
  function hasAsMuchOf(pages: readonly [number, number], other: number, otherShared = 10): boolean {
    const sys = new FakeSys().add({ pid: 42 }, { pid: 43 });
    let reads = 0;
    const statm = (resident: number, shared: number) => `9000 ${resident} ${shared} 1 0 8000 0\n`;
    sys.files.set("/proc/42/statm", () => statm(pages[reads++] ?? 0, 10));
    sys.files.set("/proc/43/statm", () => statm(other, otherShared));
    return hasAsMuch(sys, 42, 43);
  }

  test.each([
    ["both stand still", [5000, 5000], 5000, true],
    ["both grow", [5000, 5100], 5050, true],
    ["both shrink", [5100, 5000], 5050, true],
    ["one page more", [5000, 5000], 5001, false],
    ["less than the smaller", [5000, 5100], 4999, false],
    ["more than the larger", [5000, 5100], 5101, false],
    ["nothing of its own", [10, 10], 10, false],
  ] as const)("%s", (_name, pages, other, expected) => {
    expect(hasAsMuchOf(pages, other)).toBe(expected);
  });

  test("files count too", () => expect(hasAsMuchOf([5000, 5000], 5001, 11)).toBe(false));
});
