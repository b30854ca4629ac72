import { describe, expect, test } from "bun:test";
import { runDaemon } from "../src/daemon.ts";
import { Errno } from "../src/model/errno.ts";
import type { Event } from "../src/model/event.ts";
import type { Options } from "../src/model/options.ts";
import { reportFor } from "../src/report/sinks.ts";
import { Signal } from "../src/sys/sys.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { anInheritance, someOptions } from "./helpers/nouns.ts";
import { memoryAt, signalsOf } from "./helpers/watch.ts";

const SOCKET = "/run/notify";
const ENOSPC = 28;

/** Two hogs, one after the other: memory is used up until both are gone. */
function machine(): FakeSys {
  const sys = new FakeSys().add(
    { pid: 42, comm: "hog", rssKib: 600_000, ignoresSigterm: true, dyingMs: 30 },
    { pid: 43, comm: "other", rssKib: 300_000, dyingMs: 30 },
  );
  sys.machine = (paper) => memoryAt(paper.isAlive(43) ? 8 : 80);
  return sys;
}

/** Runs it with its real sinks; the signals that it sent. */
function run(sys: FakeSys, options: Partial<Options> = {}): readonly string[] {
  const all = someOptions({ trim: false, ...options });
  const handover = { options: all, inheritance: anInheritance({ notifySocket: SOCKET }) };
  sys.at(20_000, Signal.SIGTERM);
  runDaemon(sys, handover, reportFor(sys, all, SOCKET), "1.2.3");
  return signalsOf(sys);
}

describe("nothing that is written delays or prevents a kill:", () => {
  const usual = run(machine());
  const broken: readonly (readonly [string, (sys: FakeSys) => void])[] = [
    [
      "a pipe that nobody reads, and a stopped terminal",
      (sys) => [1, 2].map((fd) => sys.full.add(fd)),
    ],
    ["a full disk", (sys) => void sys.refused.set("write", ENOSPC)],
    ["a reader that is gone", (sys) => void sys.refused.set("write", 32)],
    ["systemd that does not listen", (sys) => void sys.refused.set("sendDatagram", Errno.EAGAIN)],
    [
      "all of it",
      (sys) => {
        sys.full.add(1).add(2);
        sys.refused.set("write", ENOSPC).set("sendDatagram", Errno.ENOENT);
      },
    ],
  ];

  test.each(broken)("%s", (_what, breakIt) => {
    for (const options of [{}, { sink: "journal" }, { verbose: true }] as const) {
      const sys = machine();
      breakIt(sys);
      expect(run(sys, options)).toEqual(usual);
    }
  });

  test("all signals were sent", () => {
    expect(usual).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42", "530ms SIGTERM 43"]);
  });
});

test("what could not be written is counted, and said when somebody reads again", () => {
  const sys = machine();
  sys.full.add(1);
  sys.at(520, () => sys.full.delete(1));
  run(sys);
  const lost = sys.written.filter((text) => text.includes("could not be written"));
  expect(lost).toHaveLength(1);
  expect(lost[0]).toStartWith("lines that could not be written: 5\n");
  expect(lost[0]).toContain("killed hog (pid 42) by SIGKILL");
});

test("the signal comes before the words", () => {
  const sys = machine();
  const seen: [string, number][] = [];
  const report = ({ kind }: Event) => void seen.push([kind, signalsOf(sys).length]);
  sys.at(20_000, Signal.SIGTERM);
  const options = someOptions({ trim: false });
  runDaemon(sys, { options, inheritance: anInheritance() }, report, "1.2.3");
  expect(seen.filter(([kind]) => kind === "killing")).toEqual([
    ["killing", 1],
    ["killing", 3],
  ]);
});

test("a dry run says the same words, and sends nothing", () => {
  const sys = machine();
  expect(run(sys, { dryRun: true })).toEqual([]);
  expect(sys.written.some((text) => text.includes("dry run, would kill hog (pid 42"))).toBe(true);
  expect(sys.datagrams.some((text) => text.includes("STATUS=Watching: dry run"))).toBe(true);
});
