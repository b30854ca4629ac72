import { describe, expect, test } from "bun:test";
import type { Event } from "../../src/model/event.ts";
import { emptyReading } from "../../src/model/reading.ts";
import { statusReport } from "../../src/report/systemd.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import {
  aCandidate,
  anExhaustion,
  aProcess,
  aReading,
  aSelection,
  someOptions,
} from "../helpers/nouns.ts";

const selection = aSelection([aCandidate(aProcess(42, { comm: "ho\ng" }))]);
const outcome = {
  ending: "gone",
  sigkill: true,
  tookMs: 300,
  errno: 0,
  signalled: 1,
  group: 0,
} as const;
const verdict = anExhaustion();

/** What systemd hears of an event, without the address; null when nothing. */
function heard(event: Event): string | null {
  const sys = new FakeSys();
  statusReport(sys, "/n")(event);
  return sys.datagrams[0]?.replace("/n STATUS=", "") ?? null;
}

describe("systemd's status", () => {
  test.each<[Event, RegExp]>([
    [
      { kind: "watching", options: someOptions(), reading: emptyReading() },
      /^Watching: acting when/,
    ],
    [{ kind: "killing", verdict, selection, dryRun: false }, /^Acting: killing ho.*pid 42/],
    [{ kind: "killing", verdict, selection, dryRun: true }, /^Watching: dry run, would kill/],
    [
      { kind: "killed", rule: "leak", selection, outcome, availablePercent: 50, freedKib: 0 },
      /^Watching; last: killed ho.*0\.30 s/,
    ],
    [{ kind: "recovered", verdict, reading: aReading() }, /^Watching: it got better/],
    [{ kind: "nobody", verdict, selection }, /^Helpless: nobody can be killed/],
    [{ kind: "pressure-lost" }, /^Watching: the PSI trigger is gone/],
    [{ kind: "meminfo", isLost: true }, /^Watching: \/proc\/meminfo cannot be read/],
    [{ kind: "meminfo", isLost: false }, /^Watching: \/proc\/meminfo can be read again$/],
    [{ kind: "reloading" }, /^Reading the configuration again$/],
    [{ kind: "stopped", signal: 15 }, /^Stopping: stopped by SIGTERM$/],
  ])("after %j", (event, expected) => {
    const status = heard(event);
    expect(status).toMatch(expected);
    expect(status).not.toContain("\n");
  });

  test("says nothing where the state is as before, or systemd does not listen", () => {
    expect(heard({ kind: "problem", sentence: "no" })).toBe(null);
    const sys = new FakeSys();
    statusReport(sys, "")({ kind: "reloading" });
    expect(sys.datagrams).toEqual([]);
  });
});
