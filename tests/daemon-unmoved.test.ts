/** A machine whose memory has not moved for a while is only glanced at. */
import { expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const HOG = { pid: 42, comm: "hog", oomScore: 900, rssKib: 800_000, dyingMs: 40 };
const CALM = "avg10=0.00 avg60=0.00 avg300=0.00 total=0";

/** What the daemon does where 15 % is available, and from a minute on 1 % less each 100 ms. */
function watchFor(verbose: boolean, refused = 0, lostAtMs = Infinity) {
  const sys = new FakeSys().add(HOG);
  if (refused > 0) {
    sys.refused.set("watchPressure", refused);
  }
  if (lostAtMs < Infinity) {
    sys.at(lostAtMs, "pressure-gone");
  }
  let wholeLooks = 0;
  sys.machine = ({ atMs, isAlive }) =>
    memoryAt(isAlive.call(sys, 42) ? 15 - Math.max(0, Math.floor((atMs - 60_000) / 100)) : 80);
  sys.files.set("/proc/pressure/memory", () => {
    wholeLooks += sys.atMs > 20_000 && sys.atMs < 60_000 ? 1 : 0;
    return `some ${CALM}\nfull ${CALM}\n`;
  });
  const watched = watch(sys, 70_000, { verbose });
  const looks = sys.waits.length;
  return { ...watched, looks, wholeLooks };
}

test("it is looked at as often, and seldom as a whole; a leak is met as soon", () => {
  const { looks, signals, wholeLooks } = watchFor(false);
  expect(looks).toBeGreaterThan(600);
  expect(wholeLooks).toBeLessThanOrEqual(8);
  expect(signals).toEqual(["60500ms SIGTERM 42"]);
});

test("with -v each look is a whole one, and is told", () => {
  const watched = watchFor(true);
  expect(eventsOf(watched, "look").length).toBeGreaterThan(600);
  expect(watched.signals).toEqual(["60500ms SIGTERM 42"]);
});

test("where the kernel wakes nobody, how tasks stall is read each second", () => {
  expect(watchFor(false, Errno.EACCES).wholeLooks).toBeGreaterThanOrEqual(39);
});

test("and as soon as it wakes nobody any more", () => {
  expect(watchFor(false, 0, 19_000).wholeLooks).toBeGreaterThanOrEqual(39);
});
