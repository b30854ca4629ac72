/** The reading of a course, written by an encoder of its own: no machine. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readCourse } from "./course.ts";

const [meminfoCount, vmstatCount, pressureCount] = [25, 31, 8];

/** As `put` of guest/course.c does it. */
function encode(values: readonly number[]): number[] {
  return values.flatMap((value) => {
    const bytes: number[] = [];
    let rest = (BigInt(value) << 1n) ^ (BigInt(value) >> 63n);
    for (; rest > 127n; rest >>= 7n) bytes.push(Number((rest & 127n) | 128n));
    return [...bytes, Number(rest)];
  });
}

function comm(name: string): number[] {
  return [...Buffer.from(name.padEnd(16, "\0"))];
}

const zeros = (count: number) => Array.from({ length: count }, () => 0);
const still = zeros(meminfoCount + vmstatCount + pressureCount);

test("numbers of any size and sign arrive", () => {
  const big = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
  fc.assert(
    fc.property(fc.array(big, { minLength: 1, maxLength: 20 }), (steps) => {
      const bytes = steps.flatMap((step) => encode([step, ...still, 0]));
      let atUs = 0;
      const expected = steps.map((step) => (atUs += step) / 1000);
      expect(readCourse(Uint8Array.from(bytes), 0).map(({ atMs }) => atMs)).toEqual(expected);
    }),
  );
});

test("fields move by what is told, and those of another kernel are absent", () => {
  const meminfo = [1000, -1, 500, ...zeros(meminfoCount - 3)];
  const pressure = [1234, 0, 0, 5_000_000_000, 0, 0, 0, 7];
  const first = [2_500_000, ...meminfo, ...zeros(vmstatCount), ...pressure, 0];
  const second = [100_000, 0, 0, -100, ...zeros(meminfoCount - 3 + vmstatCount + pressureCount), 0];
  const [begin, later] = readCourse(Uint8Array.from(encode([...first, ...second])), 2_000_000);
  expect(begin?.atMs).toBe(500);
  expect(begin?.meminfo).toMatchObject({ MemTotal: 1000, MemAvailable: 500 });
  expect(begin?.meminfo).not.toHaveProperty("MemFree");
  expect(begin?.some).toEqual({ avg10: 12.34, avg60: 0, avg300: 0, totalUs: 5_000_000_000 });
  expect(begin?.full.totalUs).toBe(7);
  expect(later?.atMs).toBe(600);
  expect(later?.meminfo["MemAvailable"]).toBe(400);
});

test("processes come, change and go", () => {
  const [pid, state, rss, name] = [1, 1 << 4, 1 << 8, 1 << 19];
  const born = [1, pid | state | rss | name, 42, "S".charCodeAt(0), 900];
  const course = [
    ...encode([0, ...still, ...born]),
    ...comm("hog"),
    ...encode([0]),
    ...encode([1, ...still, 1, rss, -300, 0]),
    ...encode([1, ...still, 0]),
    ...encode([1, ...still, 1, 0, 0]),
  ];
  const seen = readCourse(Uint8Array.from(course), 0).map(({ processes }) =>
    processes.map((one) => [one["pid"], one["comm"], one["state"], one["rssKib"]]),
  );
  const later = [[42, "hog", "S", 600]];
  expect(seen).toEqual([[[42, "hog", "S", 900]], later, later, []]);
});

test("a course that is cut off is refused", () => {
  expect(() => readCourse(Uint8Array.from(encode([0, ...still])), 0)).toThrow("ends in the middle");
  expect(readCourse(new Uint8Array(0), 0)).toEqual([]);
});
