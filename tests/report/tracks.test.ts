import { describe, expect, test } from "bun:test";
import { Mark, type RecordedLook } from "../../src/model/recorded.ts";
import { incidentOf, lookColumns } from "../../src/recorder/incident.ts";
import { columnsOf, spanOf, tracksOf } from "../../src/report/tracks.ts";
import { leakLooks, someParts } from "../helpers/recorded.ts";

const { limits } = someParts();

function looksAt(...changes: readonly Partial<RecordedLook>[]) {
  const base = leakLooks()[0] as RecordedLook;
  const looks = changes.map((change, i) =>
    Object.assign({}, base, { atMs: 1000 * i, marks: 0 }, change),
  );
  return lookColumns(looks, 0);
}

describe("curves", () => {
  test("of stalls go on when the kernel's count begins again from 0", () => {
    const columns = looksAt({ someMs: 0xffffff00 }, { someMs: 0xffffff00 + 200 }, { someMs: 144 });
    const stalls = tracksOf(columns, limits).at(-1);
    expect(stalls?.points).toEqual([
      { atMs: 1000, value: 20 },
      { atMs: 2000, value: 20 },
    ]);
  });

  test("of stalls have nothing to say of the time before a daemon's start", () => {
    const columns = looksAt({ someMs: 0 }, { someMs: 500, marks: Mark.START }, { someMs: 600 });
    expect(tracksOf(columns, limits).at(-1)?.points).toEqual([{ atMs: 2000, value: 10 }]);
  });

  test("of swap are left out where there is none", () => {
    const names = tracksOf(looksAt({ swapTotalKib: 0, swapFreeKib: 0 }, {}), limits);
    expect(tracksOf(looksAt({ swapTotalKib: 0 }, { swapTotalKib: 0 }), limits)).toHaveLength(2);
    expect(names).toHaveLength(3);
  });

  test("of memory are shares of what is not set aside, and say of how much", () => {
    const columns = looksAt({ totalKib: 4_096_000, availableKib: 512_000, setAsideKib: 3_072_000 });
    const [memory] = tracksOf(columns, limits);
    expect([memory?.of, memory?.points]).toEqual(["1000 MiB", [{ atMs: 0, value: 50 }]]);
  });

  test("show the lowest of a column, the one before between looks, none before and after", () => {
    const track = {
      name: "",
      of: "",
      limits: [],
      actsBelow: true,
      points: [
        { atMs: 20, value: 50 },
        { atMs: 25, value: 30 },
        { atMs: 60, value: 70 },
      ],
    };
    expect(columnsOf(track, { fromMs: 0, toMs: 100 }, 10)).toEqual([
      null,
      null,
      30,
      30,
      30,
      30,
      70,
      null,
      null,
      null,
    ]);
  });
});

describe("the stretch of time that is shown", () => {
  const { attribution } = someParts();
  const since = (sinceMs: number) =>
    spanOf(
      incidentOf(
        someParts({ attribution: attribution === null ? null : { ...attribution, sinceMs } }),
      ),
    );

  test("is twice as long as memory shrank, and no longer than there are looks", () => {
    expect(since(12_000).fromMs).toBeGreaterThan(-25_000);
    expect(since(12_000).fromMs).toBeLessThan(-23_000);
    expect(since(1_000).fromMs).toBeGreaterThanOrEqual(-20_000);
    expect(since(9e9).fromMs).toBeLessThan(-59_000);
    expect(since(12_000).toMs).toBe(5_000);
  });

  test("is there also without a look", () => {
    expect(spanOf(incidentOf(someParts({ looks: [] })))).toEqual({ fromMs: -1000, toMs: 1000 });
  });
});
