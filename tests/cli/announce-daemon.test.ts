import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { toOptions } from "../../src/cli/to-options.ts";
import { placesBelow, SYSTEM_PLACES } from "../../src/model/places.ts";
import { aKill, EXECUTABLE, Stage } from "../helpers/announced.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";
import { isRoot } from "../helpers/program.ts";

const HOOK = {
  origin: "bustd.toml:1",
  on: ["killed"],
  run: ["/bin/mail"],
  timeoutMs: 1,
  uid: null,
} as const;

describe("what the daemon starts after a kill", () => {
  const own = placesBelow("/run/user/7/bustd", "/h/.local/state/bustd");
  const ofUser = ["XDG_RUNTIME_DIR=/run/user/7", "XDG_STATE_HOME=/h/.local/state"];
  const rows = [
    ["nothing without hooks", {}, SYSTEM_PLACES, false, [], null],
    ["nothing where systemd does it", { hook: [HOOK] }, SYSTEM_PLACES, true, [], null],
    ["nothing where no incident is written", { hook: [HOOK] }, null, false, [], null],
    ["announce with hooks", { hook: [HOOK] }, SYSTEM_PLACES, false, [], [["announce"], []]],
    [
      "announce if it is asked for",
      { announce: true },
      SYSTEM_PLACES,
      false,
      [],
      [["announce"], []],
    ],
    [
      "announce with the same configuration",
      { announce: true },
      SYSTEM_PLACES,
      false,
      ["-n", "--config", "/a=b"],
      [["announce", "--config=/a=b"], []],
    ],
    [
      "announce with the same configuration, written otherwise",
      { announce: true },
      SYSTEM_PLACES,
      false,
      ["--config=/a=b"],
      [["announce", "--config=/a=b"], []],
    ],
    ["announce of a user's own", { hook: [HOOK] }, own, true, [], [["announce"], ofUser]],
  ] as const;
  test.each(rows)("%s", (_what, given, places, hasSystemd, argv, expected) => {
    const { announce } = toOptions(given, argv, paperSurroundings({}, { hasSystemd, places }));
    expect(announce && [announce.args, announce.env]).toEqual(expected as never);
  });
});

const why = [
  existsSync(EXECUTABLE) ? "" : " (left out: npm run build makes dist/bustd)",
  isRoot ? "" : " (left out: only root can have a PID namespace)",
].find(Boolean);

/** With directories of its own: who holds 100 MiB is killed, and the hook looks around. */
const PLAY = `
  mount -t tmpfs none /run; mount -t tmpfs none /var/lib
  : >"$DIR/log"; "$@" >"$DIR/log" 2>&1 & daemon=$!
  until grep -q " pages " "$DIR/log"; do sleep 0.1; done
  ls /proc/$daemon/fd >"$DIR/fds-before"
  { head -c 100M /dev/zero; sleep 1000; } | tail &
  i=0; until [ -s "$DIR/notes" ] || [ $((i += 1)) -gt 600 ]; do sleep 0.1; done
  i=0; until [ -z "$(cat /proc/$daemon/task/$daemon/children)" ] || [ $((i += 1)) -gt 600 ]; do
    sleep 0.1
  done
  cat /proc/$daemon/task/$daemon/children >"$DIR/children"
  ls /proc/$daemon/fd >"$DIR/fds-after"
  grep ^State /proc/$daemon/status >"$DIR/state"
  kill $daemon; wait $daemon; echo "exit $?" >"$DIR/exit"
`;
/** Once the hook of the first kill hangs, a second one is killed, while it does. */
const PLAY_BESIDE = `
  mount -t tmpfs none /run; mount -t tmpfs none /var/lib
  until_there() { i=0; until "$@" || [ $((i += 1)) -gt 600 ]; do sleep 0.1; done; }
  kills() { [ "$(grep -c ' killed tail ' "$DIR/log")" -ge "$1" ]; }
  : >"$DIR/log"; "$@" >"$DIR/log" 2>&1 & daemon=$!
  until_there grep -q "acting when" "$DIR/log"
  { head -c 100M /dev/zero; sleep 1000; } | tail &
  until_there [ -s "$DIR/notes" ]
  { head -c 100M /dev/zero; sleep 1000; } | tail &
  until_there kills 2
  cp "$DIR/notes" "$DIR/notes-then"; cat "/proc/$(cat "$DIR/hook-pid")/comm" >"$DIR/hook-then"
`;
const HANGING_HOOK = `
  cd "$(dirname "$0")"
  echo $$ >hook-pid; echo "begun" >>notes; sleep 1000; echo "ended" >>notes
`;
/** The notes come last: they are waited for. Who starts a program blocks signals for an instant. */
const HOOK_SCRIPT = `
  cd "$(dirname "$0")"
  ls -l /proc/$PPID/fd >fds-of-announce
  until grep -q "^SigBlk:.0*$" /proc/$PPID/status; do sleep 0.01; done
  cp /proc/$PPID/status announce-status
  echo "$BUSTD_EVENT $BUSTD_COMM, nice $(nice)" >>notes
`;

/** The daemon with that hook, for which memory is always low, in a namespace of its own. */
function play(stage: Stage, hook: string, script: string) {
  writeFileSync(
    stage.config,
    `mem = 100\nswap = 100\n` +
      `ignore = "^(bustd|hook|sh|ls|cp|nice|grep|cat|dirname|head|sleep)$"\n` +
      `[[hook]]\non = "killed"\nrun = ["${hook}"]\n`,
  );
  const command = [EXECUTABLE, "-n", "--pid-file", "/run/bustd.pid", "--config", stage.config];
  const alone = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  return Bun.spawnSync([...alone, "nice", "-n", "-20", "sh", "-c", script, "sh", ...command], {
    env: { PATH: process.env["PATH"] ?? "", DIR: stage.directory },
    timeout: 170_000,
  });
}

const isBuilt = existsSync(EXECUTABLE);
const left = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
test.skipIf(!isBuilt)(
  `what announce says has a time where it goes to a file, as lines of the daemon have${left}`,
  () => {
    using stage = new Stage();
    stage.configure('on = "killed"\nrun = ["/none"]');
    stage.write(aKill());
    Bun.spawnSync([...stage.command], { stdout: "ignore", stderr: Bun.file(stage.path("log")) });
    expect(stage.read("log")).toMatch(/^20[-\d]+T[:\d]+Z bustd: hook \/none failed for killed, /);
  },
);

describe.skipIf(why !== undefined)(
  `a real kill by the real daemon, without systemd${why ?? ""}`,
  () => {
    test("leads to the hook, once, and leaves no child, no zombie and no descriptor", () => {
      using stage = new Stage();
      const hook = stage.script("hook", HOOK_SCRIPT);
      const { stderr } = play(stage, hook, PLAY);
      expect([stderr.toString(), stage.read("notes")]).toEqual(["", "killed tail, nice 0\n"]);
      expect(stage.read("log")).toContain("killed tail ");
      expect(stage.read("fds-of-announce")).not.toContain("bustd.pid");
      expect(stage.read("announce-status")).toMatch(/^SigBlk:\t0+$/m);
      expect(stage.read("children")).toBe("");
      // At the start it has one more for an instant.
      const before = stage.read("fds-before").split("\n");
      const after = stage.read("fds-after").split("\n");
      expect(after.length).toBeGreaterThan(3);
      expect(after.filter((fd) => !before.includes(fd))).toEqual([]);
      expect(stage.read("exit")).toBe("exit 0\n");
    }, 180_000);

    test("is followed by the next one while the hook of the first hangs", () => {
      using stage = new Stage();
      const hook = stage.script("hook", HANGING_HOOK);
      play(stage, hook, PLAY_BESIDE);
      expect(stage.read("log").match(/ killed tail /g)).toHaveLength(2);
      expect([stage.read("notes-then"), stage.read("hook-then")]).toEqual(["begun\n", "hook\n"]);
    }, 180_000);
  },
);
