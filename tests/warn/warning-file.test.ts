import { expect, test } from "bun:test";
import { placesBelow } from "../../src/model/places.ts";
import { WARNING_BYTES } from "../../src/model/warned.ts";
import { readWarning } from "../../src/commands/read-warning.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { eventsOf, memoryAt, watch } from "../helpers/watch.ts";

const PLACES = placesBelow("/run/user/1000/bustd", "/state/bustd");
/** A name that a file of text would not survive, and as long as one can be in bytes. */
const EVIL = '"\\\n\x1b[2J{}\u202e\u202e';

/** 1000 MiB, of which one process takes five each second from the first second on. */
function leaking(): FakeSys {
  const sys = new FakeSys();
  const takenKib = (atMs: number) => 5 * 1024 * (atMs / 1000);
  sys.uid = 1000;
  sys.add({ pid: 42, comm: EVIL, uid: 1000, rssKib: 10_000 });
  sys.machine = (paper) => {
    paper.change(42, { rssKib: 10_000 + takenKib(paper.atMs) });
    return memoryAt(45 - (100 * takenKib(paper.atMs)) / (1000 * 1024), {
      freeKib: 200 * 1024,
    });
  };
  return sys;
}

function read(sys: FakeSys) {
  const text = sys.files.get(PLACES.warned);
  const bytes = new TextEncoder().encode(typeof text === "string" ? text : "");
  return { size: bytes.length, read: readWarning("", () => ({ kind: "found", bytes })) };
}

test("a warning is written into a file that was made, and mapped, before", () => {
  const sys = leaking();
  const written: [number, string][] = [];
  const write = sys.writeFile.bind(sys);
  sys.writeFile = (path, text) => {
    written.push([sys.atMs, path]);
    sys.files.set(path, text);
    return write(path, text);
  };
  const hook = { args: ["announce"], env: [] };
  const watched = watch(sys, 65_000, { warn: true, announce: hook }, { places: PLACES });
  expect(eventsOf(watched, "warned")).toHaveLength(1);
  const [made, mapped] = ["replace", "map"].map((verb) =>
    sys.calls.find((call) => call.endsWith(`ms ${verb} ${PLACES.warned}`)),
  );
  expect([made, mapped]).toEqual([`0ms replace ${PLACES.warned}`, `0ms map ${PLACES.warned}`]);
  expect(written.map(([, path]) => path)).toEqual([PLACES.warned]);
  const { read: incident, size } = read(sys);
  expect(size).toBe(WARNING_BYTES);
  expect(incident).toMatchObject({
    kind: "warned",
    verdict: { rule: "forecast", because: expect.stringMatching(/in about \d+ s at this rate$/) },
    bustd: { pid: 999 },
    selection: { victims: [{ pid: 42, comm: EVIL, uid: 1000, startMs: expect.any(Number) }] },
    looks: { atMs: [] },
  });
  // Hooks are run at once: memory is not low.
  const told = sys.calls.filter((call) => call.endsWith("startBeside announce"));
  expect(told).toHaveLength(1);
  expect(Math.abs(Number.parseInt(told[0] ?? "", 10) - (written[0]?.[0] ?? 0))).toBeLessThan(5000);
});

test("before the first one it holds nothing, and one that is there stays after a start", () => {
  const sys = leaking();
  watch(sys, 1000, { warn: true }, { places: PLACES });
  expect(read(sys)).toEqual({ size: WARNING_BYTES, read: null });
  const again = new FakeSys();
  again.files.set(PLACES.warned, "{}".padEnd(WARNING_BYTES));
  watch(again, 1000, { warn: true }, { places: PLACES });
  expect(again.files.get(PLACES.warned)).toStartWith("{}");
});

test("a daemon that does not warn makes none", () => {
  const sys = leaking();
  watch(sys, 65_000, {}, { places: PLACES });
  expect(sys.calls.filter((call) => call.includes(PLACES.warned))).toEqual([]);
});
