/**
 * A session as people have one: D-Bus' own daemon, a display, and dunst on both; a daemon kills in
 * a PID namespace of its own, as the same user, and `bustd notify` tells.
 */
import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WARNING_BYTES } from "../../src/model/warned.ts";
import { startOf } from "../../src/readings/alive.ts";
import { linux } from "../../src/sys/linux.ts";
import { aWarning, EXECUTABLE, isBuilt } from "../helpers/desk.ts";
import { isRoot } from "../helpers/program.ts";

const NOBODY = 65_534;
const TOOLS = ["dbus-run-session", "dbus-send", "dunst", "dunstctl", "Xvfb", "unshare", "setpriv"];
const absent = TOOLS.filter((name) => Bun.which(name) === null);
const missing = isBuilt ? absent.join(", ") : "dist/bustd";
const left = missing === "" ? "" : ` (left out: no ${missing} here)`;

/** What the victim calls itself: markup, and a name that a terminal would obey. */
const EVIL = "<b>&amp;\x1b[1mX";
const EVIL_SHOWN = "<b>&amp;\\x1b[1mX";

const directory = mkdtempSync(join(tmpdir(), "bustd-session-"));
const inDirectory = (name: string) => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Kills the victim, and nothing outside: the daemon sees nobody else. */
const CRISIS = `
  { head -c 60M /dev/zero; sleep 100; } | "$DIR/$EVIL" >"$DIR/tail.out" &
  until [ "$(awk '/^RssAnon/ { print $2 }' /proc/$!/status)" -gt 60000 ]; do sleep 0.02; done
  "$BUSTD" -n --pid-file none --config /dev/null --mem 100 --swap 100 >"$DIR/daemon.out" 2>&1 &
  for i in $(seq 400); do
    ls "$XDG_STATE_HOME"/bustd/incidents/*.json >/dev/null 2>&1 && break
    sleep 0.1
  done
  until grep -q " killed " "$DIR/daemon.out"; do sleep 0.02; done`;

/** A screen and a notification daemon on it, and how a notice's first button is pressed. */
const OPEN = `rm -f "$DIR/display"
  Xvfb -displayfd 3 -screen 0 800x300x24 -nolisten tcp 3>"$DIR/display" 2>"$DIR/xvfb.out" &
  for i in $(seq 400); do [ -s "$DIR/display" ] && break; sleep 0.1; done
  export DISPLAY=":$(cat "$DIR/display")"
  dunst -print -conf "$DIR/dunstrc" >"$DIR/dunst.out" 2>&1 &
  for i in $(seq 400); do dunstctl count displayed >/dev/null 2>&1 && break; sleep 0.1; done
  press() {
    for i in $(seq 400); do [ "$(dunstctl count displayed)" = 1 ] && break; sleep 0.1; done
    [ -z "$SHOT" ] || { sleep 1; import -window root "$SHOT"; }
    dunstctl action 0
    wait $1
  }`;
const CLOSE = `kill %2
  wait %2
  kill %1
  wait %1`;

/** Shows the notice, presses its first button, and says how it went. */
const SESSION = `
  ${OPEN}
  "$BUSTD" notify 2>"$DIR/notify.out" &
  notify=$!
  press $notify
  echo "notify $?"
  "$BUSTD" notify
  echo "again $?"
  ${CLOSE}`;

/** Shows two warnings, one after the other, and chooses a button of each from dunst's menu. */
const WARNED = `
  ${OPEN}
  for button in "Spare it" "End it"; do
    cat "$DIR/$button.json" >"$XDG_RUNTIME_DIR/bustd/warned.json"
    echo "$button" >"$DIR/wanted"
    "$BUSTD" notify 2>>"$DIR/notify.out" &
    notify=$!
    press $notify
    echo "$button: $?"
    dunstctl close-all
  done
  ${CLOSE}`;

/** Chooses from the menu what is wanted; dunst(5), "dmenu". */
const MENU = '#!/bin/sh\ngrep -m 1 -F "#$(cat "$DIR/wanted")"\n';

function environment() {
  return {
    PATH: `${inDirectory("bin")}:${process.env["PATH"]}`,
    BUSTD: EXECUTABLE,
    DIR: directory,
    EVIL,
    SHOT: process.env["BUSTD_SCREENSHOT"] ?? "",
    HOME: directory,
    XDG_RUNTIME_DIR: inDirectory("run"),
    XDG_STATE_HOME: inDirectory("state"),
    LC_ALL: "C.UTF-8",
  };
}

/** Files of a user who is not root: root's daemon is the system's. */
function prepare(): void {
  for (const name of ["", "run", "state", "bin"]) {
    mkdirSync(inDirectory(name), { recursive: true });
    chmodSync(inDirectory(name), 0o700);
  }
  copyFileSync(Bun.which("tail") ?? "", inDirectory(EVIL));
  writeFileSync(inDirectory("bin/xdg-open"), '#!/bin/sh\necho "$1" >"$DIR/opened"\n');
  chmodSync(inDirectory("bin/xdg-open"), 0o755);
  writeFileSync(inDirectory("bin/menu"), MENU);
  chmodSync(inDirectory("bin/menu"), 0o755);
  const menu = `dmenu = ${inDirectory("bin/menu")}`;
  writeFileSync(inDirectory("dunstrc"), `[global]\nmarkup = full\n${menu}\nformat = "%a|%s|%b"\n`);
  giveAll();
}

/** All that is there is the user's. */
function giveAll(): void {
  if (isRoot) {
    for (const name of ["", ...readdirSync(directory, { recursive: true }).map(String)]) {
      try {
        chownSync(inDirectory(name), NOBODY, NOBODY);
      } catch (error) {
        // What the daemon was writing has its name by now.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }
}

const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const ALONE = ["--pid", "--fork", "--mount-proc", "--kill-child"];
const OUTSIDE = isRoot ? AS_NOBODY : [];
const INSIDE = isRoot
  ? ["unshare", ...ALONE, ...AS_NOBODY]
  : ["unshare", "--user", "--map-current-user", ...ALONE];

async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], {
    env: environment(),
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  await child.exited;
  return (await out) + (await error);
}

test.skipIf(missing !== "")(
  `a kill is shown in a real session, and Why? opens the report${left}`,
  async () => {
    prepare();
    await run([...INSIDE, "sh", "-c", CRISIS]);
    expect(readFileSync(inDirectory("daemon.out"), "utf8")).toContain(`killing ${EVIL_SHOWN} (pid`);
    const said = await run([...OUTSIDE, "dbus-run-session", "--", "bash", "-c", SESSION]);
    expect(said).toContain("notify 0\nagain 0\n");
    expect(readFileSync(inDirectory("notify.out"), "utf8")).toBe("");
    const shown = readFileSync(inDirectory("dunst.out"), "utf8");
    expect(shown).toContain(`summary: '${EVIL_SHOWN} was killed to free memory'`);
    expect(shown).toMatch(/body: '&lt;b&gt;&amp;amp;\\x1b\[1mX \(pid \d+\), \d+ MiB\n/);
    for (const line of [
      "appname: 'bustd'",
      "desktop_entry: 'bustd'",
      "timeout: 0",
      "transient: 0",
    ]) {
      expect(shown).toContain(line);
    }
    expect(shown).toContain("urgency: CRITICAL");
    const report = inDirectory("run/bustd/report.html");
    expect(readFileSync(inDirectory("opened"), "utf8")).toBe(`${report}\n`);
    expect(readFileSync(report, "utf8")).toContain("&lt;b&gt;&amp;amp;\\x1b[1mX (pid");
    expect(existsSync(inDirectory("run/bustd/notice"))).toBe(false);
  },
);

const USER = isRoot ? NOBODY : (process.geteuid?.() ?? 0);

/** A child of the user's, and its start. */
function startChild(command: readonly string[]) {
  const started = Bun.spawn([...OUTSIDE, ...command], {
    env: environment(),
    stdio: ["ignore", "pipe", "ignore"],
  });
  return Object.assign(started, { [Symbol.dispose]: () => started.kill("SIGKILL") });
}

/** Waits until a process is what it will be; when it started. */
async function named(pid: number, comm: string) {
  const isComm = () => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === comm;
  while (!isComm()) {
    // oxlint-disable-next-line no-await-in-loop -- until it has become that
    await Bun.sleep(20);
  }
  return { pid, startMs: startOf(linux, pid) };
}

/** Bit of SIGUSR2 in masks of signals; proc_pid_status(5). */
const SIGUSR2_BIT = 1n << 11n;

/** Waits until a daemon reads its signals, and does not end by them. */
async function hearsSignals(pid: number): Promise<void> {
  const isBlocked = () => {
    const [, mask = "0"] =
      /^SigBlk:\t(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${mask}`) & SIGUSR2_BIT) !== 0n;
  };
  while (!isBlocked()) {
    // oxlint-disable-next-line no-await-in-loop -- until it has come so far
    await Bun.sleep(20);
  }
}

test.skipIf(missing !== "")(
  `a warning is shown in a real session, and its buttons do what they say${left}`,
  async () => {
    prepare();
    mkdirSync(inDirectory("run/bustd"), { recursive: true });
    using daemon = startChild([EXECUTABLE, "-n", "--warn", "--dry-run", "--pid-file", "none"]);
    using spared = startChild(["sleep", "1000"]);
    using ended = startChild(["sleep", "1000"]);
    const { pid } = await named(daemon.pid, "bustd");
    await hearsSignals(pid);
    for (const [button, { pid: victim }, agoMs] of [
      ["Spare it", spared, 1],
      ["End it", ended, 0],
    ] as const) {
      const who = await named(victim, "sleep");
      const warning = aWarning(who, { daemon: pid, agoMs, uid: USER });
      const text = JSON.stringify(warning);
      const blanks = " ".repeat(WARNING_BYTES - Buffer.byteLength(text));
      writeFileSync(inDirectory(`${button}.json`), text + blanks);
    }
    giveAll();
    const said = await run([...OUTSIDE, "dbus-run-session", "--", "bash", "-c", WARNED]);
    expect(said).toContain("Spare it: 0\n");
    expect(said).toContain("End it: 0\n");
    expect(readFileSync(inDirectory("notify.out"), "utf8")).toBe("");
    const shown = readFileSync(inDirectory("dunst.out"), "utf8");
    expect(shown).toContain("summary: 'hog may soon be killed to free memory'");
    expect(shown).toContain(`bustd was asked to spare hog (pid ${spared.pid}) for 10 minutes`);
    await ended.exited;
    expect(ended.signalCode).toBe("SIGTERM");
    expect(spared.signalCode).toBeNull();
    daemon.kill("SIGTERM");
    const log = await new Response(daemon.stdout).text();
    expect(log).toContain(`sparing sleep (pid ${spared.pid}) for 10 minutes, as user ${USER} asks`);
  },
);
