import { describe, expect, test } from "bun:test";
import { startOf } from "../../src/readings/alive.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

describe("startOf", () => {
  test("of a process", () => {
    expect(startOf(new FakeSys().add({ pid: 42, startMs: 12_340 }), 42)).toBe(12_340);
  });
  test("of a first thread that has ended while others live", () => {
    const led = { pid: 42, state: "Z", tasks: [42, 43], startMs: 12_340 } as const;
    expect(startOf(new FakeSys().add(led), 42)).toBe(12_340);
  });

  test("of one that is dead", () => {
    expect(startOf(new FakeSys().add({ pid: 42, state: "Z", startMs: 12_340 }), 42)).toBe(-1);
  });

  test("of none", () => expect(startOf(new FakeSys(), 42)).toBe(-1));
});
