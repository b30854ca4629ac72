import { expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import { SYSTEM_PLACES } from "../src/model/places.ts";
import { Signal } from "../src/sys/sys.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

test("a reload that fails is over for systemd: it goes on as it was", () => {
  const sys = new FakeSys().at(500, Signal.SIGHUP);
  sys.refused.set("restart", Errno.ENOMEM);
  watch(sys, 1000, {}, { notifySocket: "/n" });
  expect(sys.datagrams.map((text) => text.split("\n")[0])).toEqual([
    "/n READY=1",
    "/n RELOADING=1",
    "/n READY=1",
    "/n STOPPING=1",
  ]);
});

test.each([false, true])("SIGUSR1 keeps an incident, with SIGHUP beside it: %p", (isBeside) => {
  const sys = new FakeSys().at(500, Signal.SIGUSR1);
  sys.refused.set("restart", Errno.ENOMEM);
  sys.machine = memoryAt(60);
  if (isBeside) {
    sys.at(500, Signal.SIGHUP);
  }
  watch(sys, 1000, {}, { places: SYSTEM_PLACES });
  expect(
    [...sys.files.keys()].filter((path) => path.startsWith(`${SYSTEM_PLACES.incidents}/`)),
  ).toHaveLength(1);
});
