/** `status` of daemons that leave no file to go by; in a namespace of their own. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../helpers/program.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const left = isBuilt
  ? isRoot
    ? ""
    : " (left out: only root may do that)"
  : " (left out: npm run build makes dist/bustd)";

/** Nothing but what it starts is there to be seen, and no file of another daemon. */
function inside(script: string): string {
  const alone = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"];
  const prepared = `
    own() { mount -t tmpfs none "$1"; }
    own /run && own /var/lib && own /var/log || exit 9
    # The executable itself may lie below /tmp.
    bustd=/var/lib/here/bustd; mkdir /var/lib/here; touch $bustd; mount --bind "$0" $bustd
    own /tmp || exit 9
    as_nobody() { exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
    stop() {
      pid=$(cat /run/bustd.pid); kill $pid
      while kill -0 $pid 2> /dev/null; do sleep 0.05; done
    }
    ${script}`;
  const env = { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8", COLUMNS: "100" };
  const { stderr, stdout } = Bun.spawnSync([...alone, "bash", "-c", prepared, EXECUTABLE], {
    env,
    timeout: 55_000,
  });
  expect(stderr.toString()).toBe("");
  return stdout.toString();
}

const RUNS = /^State {5}bustd runs, pid \d+, since [-\d:UTC ]+ \(\d+\.\d+ s\)$/m;
const NONE = "\nRecorder  none runs: what it saw stands in its log alone\n";

describe.skipIf(!isBuilt || !isRoot)(`status, by processes alone${left}`, () => {
  test("of a daemon that cannot write its files", () => {
    const said = inside(`
      mkdir /run/bustd && mount -t tmpfs -o ro none /run/bustd
      $bustd --dry-run -p 31
      $bustd status; echo "exit $?"; $bustd status --json; $bustd metrics
      echo "--- by nobody"; (as_nobody $bustd status)
      echo "--- of a directory"; $bustd status -D /run/bustd; echo "exit $?"
      stop
      echo "--- at last"; $bustd status; echo "exit $?"`);
    const [first = "", byNobody = "", ofDirectory = "", last = ""] = said.split(/^--- .*\n/m);
    for (const text of [first, byNobody]) {
      expect(text).toMatch(RUNS);
      expect(text).toContain(NONE);
      expect(text).toContain("\nDry run   it kills nobody\n");
      expect(text).toContain(", from flags --dry-run -p 31\n");
    }
    expect(first).toContain("\nexit 0\n");
    expect(first).toMatch(
      /\n {2}"state": "running",\n {2}"hasRecorder": false,\n {2}"pid": \d+,\n/,
    );
    expect(first).toContain("\nbustd_up 1\n");
    for (const text of [ofDirectory, last]) {
      expect(text).toStartWith("State     bustd does not run\n");
      expect(text).toEndWith("\nexit 1\n");
    }
  });

  test("of a user's, who has no place for files, beside what another one left", () => {
    const said = inside(`
      $bustd --dry-run; stop
      as_nobody env -u XDG_RUNTIME_DIR $bustd --no-daemon -p 31 > /run/log 2>&1 &
      # Between its two stages it has another name.
      until grep -qs "acting when" /run/log; do sleep 0.05; done
      $bustd status; echo "--- by nobody"; (as_nobody $bustd status)
      chmod 700 /run/bustd; echo "--- with what others cannot read"; (as_nobody $bustd status)`);
    const [byRoot = "", byNobody = "", closed = ""] = said.split(/^--- .*\n/m);
    // Root asks no stranger for the words of its command line.
    expect(byRoot).toStartWith("State     bustd 0");
    for (const text of [byNobody, closed]) {
      expect(text).toMatch(RUNS);
      expect(text).toContain(", from flags --no-daemon -p 31\n");
    }
    expect(byNobody).toContain(NONE);
    expect(closed).toContain("\nRecorder  not to be seen by this user; root can\n");
  });

  test("of one that was killed, and is not waited for", () => {
    const said = inside(`
      sh -c '"$1" --no-daemon --dry-run >/dev/null 2>&1 & exec sleep 60' sh $bustd &
      until $bustd status | grep -q looked; do sleep 0.1; done
      pkill -KILL -x bustd
      until grep -qs '^State:.*zombie' /proc/[0-9]*/status; do sleep 0.05; done
      $bustd status; echo "exit $?"; $bustd metrics`);
    expect(said).toMatch(/^State {5}bustd \S+ does not run$/m);
    expect(said).toContain("\nexit 1\n");
    expect(said).toContain("\nbustd_up 0\n");
  });

  test("of one with a recorder, in the words that it left", () => {
    const said = inside(`$bustd --dry-run; $bustd status; stop; $bustd status`);
    expect(said).toMatch(/^State {5}bustd \S+ runs, pid \d+, since .*,\s+looked .* ago$/m);
    expect(said).not.toContain("\nRecorder");
    expect(said).toMatch(/^State {5}bustd \S+ does not run$/m);
  });
});
