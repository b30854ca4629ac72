/**
 * The units as they are installed, in a real systemd that runs a user: in namespaces and a cgroup
 * of its own, and with a paper bus for the session.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
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
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Incident } from "../../src/model/incident.ts";
import { aKill, EXECUTABLE, isBuilt } from "../helpers/desk.ts";
import { PaperBus } from "../helpers/paper-bus.ts";
import { isRoot } from "../helpers/program.ts";

const PACKAGED = join(import.meta.dir, "../../packaging/systemd");
const SYSTEMD = "/usr/lib/systemd/systemd";
const SYSTEMS = "/usr/lib/systemd/user";
const TARGETS = ["basic", "default", "exit", "graphical-session", "shutdown"];
const NAMESPACES = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
const NOBODY = 65_534;

const directory = mkdtempSync(join(tmpdir(), "bustd-units-"));
const inDirectory = (name: string) => join(directory, name);

/** A cgroup in the one hierarchy there is, or in those two that systemd uses beside old ones. */
const CGROUPS = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
  .filter((path) => existsSync(join(path, "cgroup.procs")))
  .map((path) => join(path, directory.slice(directory.lastIndexOf("/") + 1)));

function whyNot(): string {
  const commands = ["unshare", "setpriv", "systemctl"].filter((name) => Bun.which(name) === null);
  if (!isBuilt || !isRoot || commands.length > 0 || !existsSync(SYSTEMD)) {
    return "no dist/bustd, no systemd, or not root";
  }
  if (!Bun.spawnSync(["unshare", ...NAMESPACES, "true"]).success) {
    return "no namespaces here";
  }
  try {
    for (const path of CGROUPS) {
      mkdirSync(path);
      chownSync(path, NOBODY, NOBODY);
      for (const name of ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]) {
        if (existsSync(join(path, name))) {
          chownSync(join(path, name), NOBODY, NOBODY);
        }
      }
    }
  } catch {
    Bun.spawnSync(["rmdir", ...CGROUPS]);
    return "no cgroup can be made here";
  }
  return CGROUPS.length > 0 ? "" : "no cgroups here";
}

const missing = whyNot();
const left = missing === "" ? "" : ` (left out: ${missing})`;

/** What the shell outside of all services does first: it is the namespace's init. */
const BEGIN = `
  for path in ${CGROUPS.join(" ")}; do echo 0 >$path/cgroup.procs; done
  mount -t tmpfs none /run
  mkdir -p /run/systemd/system /run/bustd-notices
  mount --bind '${inDirectory("notices")}' /run/bustd-notices
  as() { setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"; }
  as ${SYSTEMD} --user 2>'${inDirectory("systemd.log")}' &
  for i in $(seq 400); do [ -S '${inDirectory("run/systemd/private")}' ] && break; sleep 0.1; done
  user() { as systemctl --user "$@"; }
`;

/** A shell in which commands are typed, one after the other. */
class Shell {
  readonly #child = Bun.spawn(["unshare", ...NAMESPACES, "sh", "-s"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: inDirectory("home"),
      XDG_RUNTIME_DIR: inDirectory("run"),
      SYSTEMD_UNIT_PATH: inDirectory("units"),
      SYSTEMD_LOG_TARGET: "console",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  readonly #reader = this.#child.stdout.getReader();

  /** What a command printed. */
  async run(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\necho .\n`);
    this.#child.stdin.flush();
    let said = "";
    while (!said.endsWith(".\n")) {
      const { value, done } = await this.#reader.read();
      if (done) {
        throw new Error(`the shell ended: ${said}`);
      }
      said += new TextDecoder().decode(value);
    }
    return said.slice(0, -2);
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

function prepare(): void {
  for (const name of [
    "",
    "run",
    "home",
    "units",
    "notices",
    "units/graphical-session.target.wants",
  ]) {
    mkdirSync(inDirectory(name), { recursive: true });
    chownSync(inDirectory(name), NOBODY, NOBODY);
  }
  chmodSync(inDirectory("run"), 0o700);
  for (const name of TARGETS) {
    copyFileSync(join(SYSTEMS, `${name}.target`), inDirectory(`units/${name}.target`));
  }
  writeFileSync(
    inDirectory("units/session.target"),
    "[Unit]\nBindsTo=graphical-session.target\nBefore=graphical-session.target\n",
  );
  for (const name of ["bustd-notify.path", "bustd-notify.service"]) {
    const unit = readFileSync(join(PACKAGED, name), "utf8").replace("/usr/bin/bustd", EXECUTABLE);
    writeFileSync(inDirectory(`units/${name}`), unit);
    symlinkSync(`../${name}`, inDirectory(`units/graphical-session.target.wants/${name}`));
  }
}

/** Leaves a notice for a user, as `announce` does. */
function notice(incidents: readonly Incident[], uid = NOBODY): void {
  const own = incidents.map((incident) => ({
    ...incident,
    selection: {
      ...incident.selection,
      victims: incident.selection?.victims.map((victim) => ({ ...victim, uid })) ?? [],
    },
  }));
  const path = inDirectory(`notices/${uid}.json`);
  writeFileSync(`${path}.tmp`, JSON.stringify({ version: 1, incidents: own }), { mode: 0o400 });
  chownSync(`${path}.tmp`, uid, -1);
  Bun.spawnSync(["mv", `${path}.tmp`, path]);
}

/** Removes them as soon as all that was in them has been killed. */
async function removeCgroups(): Promise<void> {
  for (const path of CGROUPS) {
    const below = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .toReversed();
    for (let i = 0; i < 50 && existsSync(path); i++) {
      Bun.spawnSync(["rmdir", ...below, path]);
      await Bun.sleep(existsSync(path) ? 100 : 0);
    }
  }
}

describe.skipIf(missing !== "")(`the units of notices${left}`, () => {
  let shell: Shell | null = null;
  let bus: PaperBus | null = null;

  beforeAll(async () => {
    prepare();
    bus = new PaperBus(inDirectory("run/bus"));
    chmodSync(inDirectory("run/bus"), 0o777);
    shell = new Shell();
    await shell.run(BEGIN);
  });
  afterAll(async () => {
    await shell?.end();
    bus?.[Symbol.dispose]();
    rmSync(directory, { recursive: true });
    await removeCgroups();
  });

  const states = () => shell?.run("user is-active bustd-notify.path bustd-notify.service");
  async function settles(expected: string): Promise<void> {
    let found = await states();
    for (let i = 0; i < 400 && found !== expected; i++) {
      await Bun.sleep(50);
      found = await states();
    }
    expect(found).toBe(expected);
  }

  test("a session waits, and nothing of ours runs", async () => {
    expect(await shell?.run("user start session.target; echo $?")).toBe("0\n");
    await settles("active\ninactive\n");
    expect(bus?.heard).toEqual([]);
  });

  test("a kill of another user's concerns nobody here", async () => {
    notice([aKill("bobs")], 1);
    await Bun.sleep(500);
    expect(await states()).toBe("active\ninactive\n");
  });

  test("a kill starts it, once, and nothing stays when it was answered", async () => {
    const kill = aKill("leak");
    notice([kill]);
    expect((await bus?.shows(1))?.[3]).toBe("leak was killed to free memory");
    expect(await states()).toBe("active\nactive\n");
    bus?.signal("NotificationClosed", "uu", [41, 2]);
    await settles("active\ninactive\n");
    // The same once more, with more looks.
    notice([kill]);
    await Bun.sleep(500);
    await settles("active\ninactive\n");
    expect(bus?.shown).toHaveLength(1);
  });

  test("the next kill as well, and it ends with the session", async () => {
    notice([aKill("other")]);
    expect((await bus?.shows(2))?.[3]).toBe("other was killed to free memory");
    expect(await shell?.run("user stop graphical-session.target; echo $?")).toBe("0\n");
    await settles("inactive\ninactive\n");
  });

  test("a session tells at its start what was killed before", async () => {
    notice([aKill("before")]);
    await shell?.run("user start session.target");
    expect((await bus?.shows(3))?.[3]).toBe("before was killed to free memory");
  });
});
