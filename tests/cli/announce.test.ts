import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { Incident } from "../../src/model/incident.ts";
import { WARNING_BYTES } from "../../src/model/warned.ts";
import { aKill, EXECUTABLE, Stage } from "../helpers/announced.ts";
import { anExhaustion } from "../helpers/nouns.ts";
import { isRoot } from "../helpers/program.ts";

const isBuilt = existsSync(EXECUTABLE);
const left = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";

const NOTES = 'cd "$(dirname "$0")"; echo "$BUSTD_EVENT $BUSTD_PID" >>notes';

/** Waits until no process has this word on its command line: who was signalled dies later. */
async function gone(word: string): Promise<void> {
  const isThere = (name: string) => {
    try {
      const isProcess = /^\d+$/.test(name);
      return isProcess && readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").includes(word);
    } catch {
      return false;
    }
  };
  while (readdirSync("/proc").some(isThere)) {
    await Bun.sleep(10);
  }
}

describe.skipIf(!isBuilt)(`announce, as it is compiled${left}`, () => {
  test("each of a hundred kills in a row is told to each hook once", () => {
    using stage = new Stage();
    const hook = stage.script("hook", NOTES);
    const [one, two] = ["one", "two"].map((name) =>
      stage.script(name, NOTES.replace("notes", name)),
    );
    stage.configure(
      `on = "killed"\nrun = ["${hook}"]`,
      `on = ["killed", "nobody"]\nrun = ["${one}.log"]`.replace(".log", ""),
      `on = "recovered"\nrun = ["${two}"]`,
    );
    const pids = Array.from({ length: 100 }, (_, index) => 2000 + index);
    stage.script("one", NOTES.replace("notes", "one.txt"));
    stage.script("two", NOTES.replace("notes", "two.txt"));
    const startMs = Date.now() - 60_000;
    stage.write(...pids.map((pid, index) => aKill({ wallMs: startMs + index, reliefMs: -1 }, pid)));
    expect(stage.announce()).toEqual({ exitCode: 0, complained: "" });
    expect(stage.announce()).toEqual({ exitCode: 0, complained: "" });
    const all = pids.map((pid) => `killed ${pid}\n`).join("");
    expect(stage.read("notes")).toBe(all);
    expect(stage.read("one.txt")).toBe(all);
    expect(stage.read("two.txt")).toBe("");
    // The daemon writes it once more when it knows more.
    stage.write(aKill({ wallMs: startMs + 99, reliefMs: 900 }, 2099));
    expect(stage.announce()).toEqual({ exitCode: 0, complained: "" });
    expect(stage.read("notes")).toBe(all);
    expect(stage.read("two.txt")).toBe("recovered 2099\n");
  });

  test("a warning is told once to hooks on warned, and is no notice", () => {
    using stage = new Stage();
    const hook = stage.script("hook", NOTES.replace("$BUSTD_PID", "$BUSTD_KIND $BUSTD_MESSAGE"));
    stage.configure(`on = "killed"\nrun = ["${hook}"]`, `on = "warned"\nrun = ["${hook}"]`);
    const because = "memory will be at its limit in about 40 s at this rate";
    const verdict = anExhaustion({ rule: "forecast", because });
    const warning = JSON.stringify(aKill({ kind: "warned", outcome: null, verdict }));
    const blanks = " ".repeat(WARNING_BYTES - Buffer.byteLength(warning));
    writeFileSync(stage.path("warned.json"), warning + blanks, { mode: 0o640 });
    expect(stage.announce()).toEqual({ exitCode: 0, complained: "" });
    expect(stage.announce()).toEqual({ exitCode: 0, complained: "" });
    expect(stage.read("notes")).toMatch(
      /^warned warned Warning on .*: memory will be at its .*; leak \(pid 4242\) took .*\n$/,
    );
    expect(readdirSync(stage.notices).filter((name) => /^\d+\.json$/.test(name))).toEqual([]);
    // One that is being written, or is garbled, keeps nothing else from being told.
    writeFileSync(stage.path("warned.json"), "{".padEnd(WARNING_BYTES));
    stage.write(aKill());
    const { complained, exitCode } = stage.announce();
    expect(exitCode).toBe(1);
    expect(complained).toContain("warned.json: it is no JSON");
    expect(stage.read("notes")).toContain("\nkilled kill ");
  });

  test("a hook has nothing of whoever starts it", () => {
    using stage = new Stage();
    const name = 'x\n"$(reboot)\u001b[31m';
    const hook = stage.script(
      "hook",
      'cd "$(dirname "$0")"; cat >input; env >env; ls -l /proc/self/fd >fds; ' +
        'grep -E "^Sig(Blk|Ign)" /proc/self/status >signals; ps -o pgid=,sid= -p $$ >group; ' +
        'echo "$# $1 $$" >words; pwd -P >>words',
    );
    stage.configure(`on = "killed"\nrun = ["${hook}", "a $b; 'c'"]`);
    const kill = aKill({}, 4242, name);
    stage.write(kill);
    const command = ["env", "SECRET=1", "BUN_OPTIONS=", "sh", "-c", 'exec "$@" 9</dev/null', "sh"];
    const done = Bun.spawnSync([...command, ...stage.command]);
    expect(done.stderr.toString()).toBe("");
    expect(JSON.parse(stage.read("input"))).toEqual(kill);
    const env = stage.read("env");
    expect(env).toContain("BUSTD_EVENT=killed\n");
    expect(env).toContain(`BUSTD_INCIDENT=${kill.id}\n`);
    expect(env).toContain(String.raw`BUSTD_COMM=x\x0a"$(reboot)\x1b[31m`);
    expect(env).toContain("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    expect(env).not.toContain("SECRET");
    expect(env.match(/^(?!BUSTD_|PATH=|LANG=|PWD=|_=|SHLVL=|OLDPWD=).+/gm)).toBe(null);
    expect(stage.read("fds").match(/ [0-9]+ ->/g)).toHaveLength(4);
    expect(stage.read("signals").match(/:\t0+$/gm)).toHaveLength(2);
    const [, pid] = /(\d+)$/m.exec(stage.read("words")) ?? [];
    expect(stage.read("words")).toBe(
      `1 a $b; 'c' ${pid}\n/\n`.replace("\n/", `\n${stage.directory}`),
    );
    expect(stage.read("group").trim().split(/\s+/)).toEqual([`${pid}`, `${pid}`]);
  });

  test("one that sleeps for ever ends at its limit, with its children", async () => {
    using stage = new Stage();
    const odd = `1000.${process.pid}`;
    const hook = stage.script("hook", `trap "" TERM; sleep ${odd} & sleep ${odd}; sleep ${odd}`);
    stage.configure(`on = "killed"\nrun = ["${hook}"]\ntimeout = "300ms"`);
    stage.write(aKill());
    const { complained, exitCode } = stage.announce();
    expect(complained).toContain(`hook ${hook} failed for killed, `);
    expect(complained).toContain(": it was ended at its limit of 0.3 s\n");
    expect(exitCode).toBe(1);
    await gone(odd);
  });

  test("what it leaves running ends with it", async () => {
    using stage = new Stage();
    const odd = `2000.${process.pid}`;
    const hook = stage.script("hook", `sleep ${odd} &`);
    stage.configure(`on = "killed"\nrun = ["${hook}"]`);
    stage.write(aKill());
    expect(stage.announce()).toEqual({ exitCode: 0, complained: "" });
    await gone(odd);
  });

  const wrongs = [
    ["missing", "", 0, "there is no such file"],
    ["writable", "echo ran", 0o777, "can write it; chmod go-w"],
    ["not executable", "echo ran", 0o644, "it is not executable; chmod +x"],
    ["failing", "echo no >&2; exit 7", 0o755, "exit code 7"],
    ["dying", "kill -SEGV $$", 0o755, "it died of SIGSEGV"],
    ["no program", "", 0o755, ""],
    ["loud", "yes", 0o755, "it was ended, for it wrote more than 1 MiB"],
  ] as const;
  test.each(wrongs)("one that is %s is said, and the next is run", (what, text, mode, said) => {
    using stage = new Stage();
    const hook = stage.script("hook", text);
    const next = stage.script("next", NOTES);
    if (mode === 0) {
      stage.configure(`on = "killed"\nrun = ["${hook}x"]`, `on = "killed"\nrun = ["${next}"]`);
    } else {
      stage.configure(`on = "killed"\nrun = ["${hook}"]`, `on = "killed"\nrun = ["${next}"]`);
      chmodSync(hook, mode);
    }
    stage.write(aKill());
    const { complained, exitCode } = stage.announce();
    expect(complained).toContain(said);
    expect(exitCode).toBe(said === "" ? 0 : 1);
    expect(complained.split("\n").length).toBeLessThan(15);
    expect(complained.includes("says: no")).toBe(what === "failing");
    expect(stage.read("notes")).toBe("killed 4242\n");
    expect(stage.announce().complained).toBe("");
  });

  test("in a directory that others can write none is run", () => {
    using stage = new Stage();
    const hook = stage.script("hook", NOTES);
    stage.configure(`on = "killed"\nrun = ["${hook}"]`);
    stage.write(aKill());
    chmodSync(stage.directory, 0o775);
    // Nor is the configuration read then.
    expect(stage.announce().complained).toContain("can write");
    expect(stage.read("notes")).toBe("");
  });

  test("many at once run each hook once, one at a time", async () => {
    using stage = new Stage();
    const hook = stage.script("hook", `${NOTES}; mkdir busy || echo twice >>notes; rmdir busy`);
    stage.configure(`on = "killed"\nrun = ["${hook}"]`);
    const kills = Array.from({ length: 20 }, (_, index) => aKill({}, 3000 + index));
    const commands: Promise<number>[] = [];
    for (const kill of kills) {
      stage.write(kill);
      commands.push(Bun.spawn([...stage.command], { stderr: "inherit" }).exited);
      // oxlint-disable-next-line no-await-in-loop -- while others run
      await Bun.sleep(10);
    }
    expect(new Set(await Promise.all(commands))).toEqual(new Set([0]));
    const notes = stage.read("notes").trim().split("\n").toSorted();
    expect(notes).toEqual(kills.map((_, index) => `killed ${3000 + index}`));
  });

  test("told to stop, it ends the hook that runs, and runs no other", async () => {
    using stage = new Stage();
    const odd = `3000.${process.pid}`;
    const hook = stage.script("hook", `${NOTES}; sleep ${odd}`);
    stage.configure(`on = "killed"\nrun = ["${hook}"]`);
    stage.write(aKill({}, 1), aKill({}, 2));
    const child = Bun.spawn([...stage.command], { stderr: "ignore" });
    while (stage.read("notes") === "") {
      // oxlint-disable-next-line no-await-in-loop -- until it has started
      await Bun.sleep(20);
    }
    child.kill("SIGTERM");
    await child.exited;
    expect(stage.read("notes")).toBe("killed 1\n");
    await gone(odd);
  });

  test("what is old is no news to the first run, and to a garbled bookmark", () => {
    using stage = new Stage();
    stage.configure(`on = "killed"\nrun = ["${stage.script("hook", NOTES)}"]`);
    stage.write(aKill({ wallMs: Date.now() - 3_600_000 }, 1), aKill({}, 2));
    expect(stage.announce().exitCode).toBe(0);
    expect(stage.read("notes")).toBe("killed 2\n");
    writeFileSync(stage.path("notices/announced.json"), "{");
    stage.write(aKill({}, 3));
    expect(stage.announce().exitCode).toBe(0);
    expect(stage.read("notes")).toContain("killed 3\n");
    expect(stage.read("notes")).not.toContain("killed 1\n");
  });

  test("a garbled incident is said, and the others are told", () => {
    using stage = new Stage();
    stage.configure(`on = "killed"\nrun = ["${stage.script("hook", NOTES)}"]`);
    stage.write(aKill());
    writeFileSync(stage.path("incidents/20261128T000000.000Z-1.json"), "{");
    const { complained, exitCode } = stage.announce();
    expect(complained).toMatch(/^bustd: .*-1\.json: it is cut short, or not JSON\n$/);
    expect(exitCode).toBe(1);
    expect(stage.read("notes")).toBe("killed 4242\n");
  });

  test("a broken configuration runs no hook, but the notices are left", () => {
    using stage = new Stage();
    stage.configure('on = "often"');
    const uid = isRoot ? 1000 : (process.geteuid?.() ?? 0);
    stage.write(aKill({}, 4242, "leak", uid));
    const { complained, exitCode } = stage.announce();
    expect(complained).toContain("no hook is run: ");
    expect(exitCode).toBe(1);
    expect(existsSync(stage.path(`notices/${uid}.json`))).toBe(true);
  });
});

const notRoot = isRoot ? "" : " (left out: only root can give files away)";
describe.skipIf(!isBuilt || !isRoot)(`notices${left}${notRoot}`, () => {
  test("belong to the victim's user, and nobody else can read them, whatever the umask", () => {
    using stage = new Stage();
    stage.configure();
    stage.write(aKill({}, 1, "leak", 1000), aKill({}, 2, "cron", 0), aKill({}, 3, "x", 999));
    const umask = ["sh", "-c", 'umask 0; exec "$@"', "sh"];
    expect(Bun.spawnSync([...umask, ...stage.command]).exitCode).toBe(0);
    const { mode, uid } = statSync(stage.path("notices/1000.json"));
    expect([mode & 0o7777, uid]).toEqual([0o400, 1000]);
    expect(statSync(stage.notices).mode & 0o7777).toBe(0o755);
    expect(readdirSync(stage.notices).toSorted()).toEqual(["1000.json", "announced.json", "lock"]);
    const cat = (as: number) =>
      Bun.spawnSync(["cat", stage.path("notices/1000.json")], { uid: as, gid: as } as object);
    expect(cat(1001).exitCode).toBe(1);
    const notice = JSON.parse(cat(1000).stdout.toString()) as { incidents: Incident[] };
    expect(notice.incidents.map(({ selection }) => selection?.victims[0]?.pid)).toEqual([1]);
  });

  test("a hook can run as another user, without the rights of root", () => {
    using stage = new Stage();
    const hook = stage.script("hook", 'id -u; id -G; echo "$HOME"');
    stage.configure(`on = "killed"\nrun = ["${hook}"]\nuser = "nobody"`);
    stage.write(aKill());
    const { complained } = stage.announce();
    expect(complained.match(/says: .*/g)?.[0]).toBe("says: 65534");
    expect(complained.match(/says: .*/g)).toHaveLength(3);
  });

  test("a full disk stops the hooks, for they would run again and again", () => {
    using stage = new Stage();
    stage.configure(`on = "killed"\nrun = ["${stage.script("hook", NOTES)}"]`);
    stage.write(aKill());
    const script =
      'mkdir "$0" && mount -t tmpfs -o size=16k,mode=755 none "$0" && echo 1 >"$0/lock"; ' +
      'head -c 99999 /dev/zero >"$0/x"; "$@"; echo "exit $?"';
    const done = Bun.spawnSync([
      "unshare",
      "-m",
      "sh",
      "-c",
      script,
      stage.notices,
      ...stage.command,
    ]);
    expect(done.stderr.toString()).toContain(
      "no hook is run, for it would be run again and again: ",
    );
    expect(done.stdout.toString()).toContain("exit 1\n");
    expect(stage.read("notes")).toBe("");
  });
});
