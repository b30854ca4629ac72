import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Errno } from "../../src/model/errno.ts";
import type { Event } from "../../src/model/event.ts";
import { journalEntry, journalReport } from "../../src/report/journal.ts";
import { MESSAGE_IDS } from "../../src/report/message-ids.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aCandidate, anExhaustion, aProcess, aSelection } from "../helpers/nouns.ts";
import { isRoot } from "../helpers/program.ts";

const JOURNALD = "/lib/systemd/systemd-journald";
const hasJournal = existsSync(JOURNALD) && Bun.which("journalctl") !== null;
const left = !hasJournal
  ? " (left out: there is no journald)"
  : isRoot
    ? ""
    : " (left out: only root may do that)";

const selection = aSelection([aCandidate(aProcess(42, { comm: "leak" }), { score: 900 })], {
  next: aCandidate(aProcess(77, { comm: "database" })),
});
const killing: Event = { kind: "killing", verdict: anExhaustion(), selection, dryRun: false };
const ended: Event = {
  kind: "killed",
  rule: "exhaustion",
  selection,
  outcome: { ending: "gone", sigkill: true, tookMs: 143.4, errno: 0, signalled: 1, group: 0 },
  availablePercent: 60,
  freedKib: 0,
};

function fieldsOf(event: Event): Record<string, string> {
  const lines = journalEntry(event).trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

describe("a journal entry", () => {
  test("of a kill has the rule, the measure and the victim as fields", () => {
    expect(fieldsOf(killing)).toEqual({
      PRIORITY: "4",
      SYSLOG_IDENTIFIER: "bustd",
      MESSAGE: expect.stringContaining("leak (pid 42"),
      MESSAGE_ID: MESSAGE_IDS.killing,
      BUSTD_RULE: "exhaustion",
      BUSTD_MEASURE: "MemAvailable",
      BUSTD_VALUE: "8.25",
      BUSTD_LIMIT: "10",
      BUSTD_VICTIM_PID: "42",
      BUSTD_VICTIM_COMM: "leak",
      BUSTD_NEXT_PID: "77",
      BUSTD_NEXT_COMM: "database",
    });
  });

  test("of its end has how it went", () => {
    expect(fieldsOf(ended)).toMatchObject({
      MESSAGE_ID: MESSAGE_IDS.killed,
      BUSTD_RULE: "exhaustion",
      BUSTD_ENDING: "gone",
      BUSTD_GONE_MS: "143",
      BUSTD_VICTIM_PID: "42",
    });
  });

  const ids: readonly (readonly [Event, string])[] = [
    [{ ...killing, dryRun: true }, MESSAGE_IDS.dryRun],
    [
      { ...ended, outcome: { ...ended.outcome, ending: "refused", errno: Errno.EPERM } },
      MESSAGE_IDS.notKilled,
    ],
    [{ kind: "nobody", verdict: anExhaustion(), selection: aSelection([]) }, MESSAGE_IDS.nobody],
  ];

  test.each(ids)("%j has its own MESSAGE_ID", (event, id) => {
    expect(fieldsOf(event)["MESSAGE_ID"]).toBe(id);
  });

  test("there is none of what is no kill: that is a line", () => {
    const sys = new FakeSys();
    expect(journalEntry({ kind: "reloading" })).toBe("");
    journalReport(sys)({ kind: "reloading" });
    expect([sys.datagrams, sys.written]).toEqual([[], ["<6>reading the configuration again\n"]]);
  });

  test("cannot be given fields by a name", () => {
    const victim = aCandidate(aProcess(1, { comm: "a\nMESSAGE=forged\nPRIORITY=0" }));
    const entry = journalEntry({ ...killing, selection: aSelection([victim]) });
    expect(entry.match(/^MESSAGE=/gm)).toHaveLength(1);
    expect(entry.match(/^PRIORITY=/gm)).toHaveLength(1);
  });

  test("is a plain line where the journal takes none", () => {
    const sys = new FakeSys();
    journalReport(sys)(ended);
    expect(sys.datagrams[0]).toStartWith("/run/systemd/journal/socket PRIORITY=5\n");
    expect(sys.written).toEqual([]);
    sys.refused.set("sendDatagram", Errno.EAGAIN);
    journalReport(sys)(ended);
    expect(sys.written[0]).toMatch(/^<5>killed leak \(pid 42\)/);
  });
});

describe.skipIf(left !== "")(`a real journal${left}`, () => {
  const program = `
    mount -t tmpfs none /run
    mount -t tmpfs none /usr/lib/systemd/catalog
    mkdir -p /var/lib/systemd/catalog /run/systemd/journal
    mount -t tmpfs none /var/lib/systemd/catalog
    cp "$1" /usr/lib/systemd/catalog/
    journalctl --update-catalog
    ${JOURNALD} &
    until [ -S /run/systemd/journal/socket ]; do sleep 0.05; done
    "$0" -e '
      const { linux } = await import(process.argv[1]);
      linux.sendDatagram("/run/systemd/journal/socket", process.argv[2]);
    ' "$2" "$3"
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      journalctl -D /run/log/journal -q -t bustd | grep -q . && break
      sleep 0.1
    done
    journalctl -D /run/log/journal -q -x -t bustd --no-pager
    journalctl -D /run/log/journal -q -o json BUSTD_VICTIM_PID=42
    kill %1`;

  test("explains an entry, and finds it by its fields", () => {
    const catalogue = join(import.meta.dir, "../../packaging/systemd/bustd.catalog");
    const linux = join(import.meta.dir, "../../src/sys/linux.ts");
    const words = [process.execPath, catalogue, linux, journalEntry(killing)];
    const alone = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const { stdout } = Bun.spawnSync([...alone, "bash", "-c", program, ...words]);
    const said = stdout.toString();
    expect(said).toContain("Subject: Process 42 (leak) is killed to free memory");
    expect(said).toMatch(/by the rule exhaustion, MemAvailable was\n\S+ 8\.25, its limit is 10\./);
    expect(said).toContain("process 77 (database)");
    const entry = JSON.parse(said.trimEnd().split("\n").at(-1) ?? "") as Record<string, string>;
    expect(entry).toMatchObject({ BUSTD_RULE: "exhaustion", MESSAGE_ID: MESSAGE_IDS.killing });
  }, 30_000);
});
