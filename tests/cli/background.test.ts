import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../helpers/program.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const unbuilt = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const unprivileged = isRoot ? unbuilt : " (left out: only root may do that)";

const NOT_STARTED = "bustd: the daemon did not start: cannot use the pid file /var/run/bustd.pid: ";

/** Plays a script where nothing else runs, and where /run, /var/log and /tmp are its own. */
function play(script: string): string[] {
  const alone = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"];
  const world = `
    set -u
    bustd=/run/bustd
    own() { mount -t tmpfs -o mode=1777 none "$1"; }
    # The executable itself may lie below /tmp.
    own /run && touch $bustd && mount --bind "$1" $bustd && own /var/log && own /tmp
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
    gone() {
      for _ in $(seq 400); do kill -0 $1 2> /dev/null || return 0; sleep 0.05; done; return 1
    }
    exec 2>&1
    ${script}`;
  const { stdout } = Bun.spawnSync([...alone, "bash", "-c", world, "bash", EXECUTABLE], {
    stderr: "inherit",
  });
  return stdout.toString().trimEnd().split("\n");
}

describe.skipIf(!isBuilt || !isRoot)(`bustd without -n${unprivileged}`, () => {
  test("returns when the daemon is up, whose pid is in the file until it ends", () => {
    const said = play(`
      "$bustd" --dry-run; echo "start $?"
      pid=$(cat /var/run/bustd.pid)
      cat /proc/$pid/comm
      readlink /proc/$pid/cwd /proc/$pid/fd/0 /proc/$pid/fd/1 /proc/$pid/fd/2
      [ "$(ps -o sid= -p $pid | tr -d ' ')" = "$pid" ] && echo "leads its session"
      "$bustd" --dry-run; echo "again $?"
      cat /proc/$(cat /var/run/bustd.pid)/comm
      kill $pid
      gone $pid && echo "gone"
      ls /var/run/bustd.pid
      "$bustd" --dry-run; echo "start $?"`);
    expect(said).toEqual([
      "start 0",
      "bustd",
      "/",
      "/dev/null",
      "/var/log/bustd.out",
      "/var/log/bustd.err",
      "leads its session",
      `${NOT_STARTED}another bustd is running and holds it`,
      "again 4",
      "bustd",
      "gone",
      "ls: cannot access '/var/run/bustd.pid': No such file or directory",
      "start 0",
    ]);
  });

  test("writes to /tmp as another user, and follows nobody's link there", () => {
    const said = play(`
      as_nobody "$bustd" --dry-run; echo "start $?"
      stat -c "%U %a %n" /tmp/bustd.pid /tmp/bustd.out
      pid=$(cat /tmp/bustd.pid); kill $pid; gone $pid && echo gone
      rm /tmp/bustd.*
      ln -s /tmp/elsewhere /tmp/bustd.out
      as_nobody "$bustd" --dry-run
      ls /tmp/elsewhere`);
    expect(said).toEqual([
      "start 0",
      "nobody 644 /tmp/bustd.pid",
      "nobody 640 /tmp/bustd.out",
      "gone",
      "bustd: cannot open the log /tmp/bustd.out: it is a symbolic link",
      "ls: cannot access '/tmp/elsewhere': No such file or directory",
    ]);
  });

  test("waits for nobody's pipe in /tmp", () => {
    const said = play(`
      mkfifo /tmp/bustd.out
      as_nobody timeout 30 "$bustd" --dry-run; echo "start $?"
      (exec 3<> /tmp/bustd.out; as_nobody timeout 30 "$bustd" --dry-run; echo "start $?")`);
    // Who may write to it in such a directory is the kernel's to say; proc_sys_fs(5).
    expect(said.filter((line) => line.startsWith("start"))).toEqual(["start 5", "start 5"]);
    expect(said[0]).toStartWith("bustd: cannot open the log /tmp/bustd.out: ");
  });

  test("starts nothing because of a lone --", () => {
    const said = play(`
      "$bustd" --; echo "code $?"
      "$bustd" -n --dry-run --; echo "code $?"
      ls /var/run/bustd.pid`);
    const sentence = "bustd: found -- and no word behind it; without it the same starts the daemon";
    expect(said).toEqual([
      sentence,
      "code 2",
      sentence,
      "code 2",
      "ls: cannot access '/var/run/bustd.pid': No such file or directory",
    ]);
  });

  test("says why the daemon does not start: code 5, where nobody holds the pid file", () => {
    const said = play(`
      mkdir /var/run/bustd.pid; "$bustd" --dry-run; echo "start $?"
      rmdir /var/run/bustd.pid; ln -s /tmp/elsewhere /var/run/bustd.pid
      "$bustd" --dry-run; echo "start $?"
      rm /var/run/bustd.pid; mount -o remount,ro /run
      "$bustd" --dry-run; echo "start $?"
      touch /tmp/bustd.pid; as_nobody "$bustd" --dry-run; echo "start $?"
      ls /tmp/elsewhere`);
    const because = (reason: string) => [`${NOT_STARTED}${reason}`, "start 5"];
    expect(said).toEqual([
      ...because("it is a directory"),
      ...because("it is a symbolic link"),
      ...because("the file system is read-only"),
      ...because("permission is denied").map((line) => line.replace("/var/run", "/tmp")),
      "ls: cannot access '/tmp/elsewhere': No such file or directory",
    ]);
  });
});
