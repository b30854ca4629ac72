import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Errno } from "../../src/model/errno.ts";
import { lineWriter } from "../../src/report/plain.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

const OUT = 1;

describe("lines", () => {
  test("are written one by one", () => {
    const sys = new FakeSys();
    const write = lineWriter(sys);
    write(OUT, "one");
    write(OUT, "two");
    expect(sys.written).toEqual(["one\n", "two\n"]);
  });

  test("are never waited for: where nobody reads they are counted, and that is said later", () => {
    const sys = new FakeSys();
    const write = lineWriter(sys);
    sys.full.add(OUT);
    for (const line of ["one", "two", "three"]) {
      write(OUT, line);
    }
    expect(sys.written).toEqual([]);
    sys.full.clear();
    write(OUT, "four");
    write(OUT, "five");
    expect(sys.written).toEqual(["lines that could not be written: 3\nfour\n", "five\n"]);
  });

  test.each([Errno.EAGAIN, 28, 32, 9])("error %d is the same as a full pipe", (errno) => {
    const sys = new FakeSys();
    const write = lineWriter(sys);
    sys.refused.set("write", errno);
    write(OUT, "one");
    sys.refused.clear();
    write(OUT, "two");
    expect(sys.written).toEqual(["lines that could not be written: 1\ntwo\n"]);
  });

  test("none is lost without being counted, and none is written twice", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("reads", "is full", "fails")), (readers) => {
        const sys = new FakeSys();
        const write = lineWriter(sys);
        for (const [i, reader] of [...readers, "reads"].entries()) {
          sys.full.clear();
          sys.refused.clear();
          if (reader === "is full") {
            sys.full.add(OUT);
          } else if (reader === "fails") {
            sys.refused.set("write", Errno.EAGAIN);
          }
          write(OUT, `line ${i}`);
        }
        const said = sys.written.join("");
        const written = said.match(/^line \d+$/gm)?.length ?? 0;
        const counts = said.match(/(?<=not be written: )\d+$/gm) ?? [];
        const lost = counts.reduce((sum, count) => sum + Number(count), 0);
        expect(written + lost).toBe(readers.length + 1);
      }),
    );
  });
});
