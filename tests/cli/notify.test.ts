import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { aKill, isBuilt, PaperSession } from "../helpers/desk.ts";
import { PaperBus } from "../helpers/paper-bus.ts";

const left = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const QUIET = { exitCode: 0, said: "" };
const DISMISSED = 2;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await Bun.sleep(5);
  }
}

let session: PaperSession;
beforeEach(() => {
  session = new PaperSession();
});
afterEach(() => session[Symbol.dispose]());

describe.skipIf(!isBuilt)(`notify, as it is compiled${left}`, () => {
  test("without news asks nobody for anything", async () => {
    using bus = new PaperBus(session.bus);
    session.notice([aKill("old", 25 * 3_600_000)]);
    expect(await session.notify()).toMatchObject(QUIET);
    expect(bus.heard).toEqual([]);
  });

  test("shows what the system's daemon and one's own killed, once, and ends with it", async () => {
    using bus = new PaperBus(session.bus);
    session.notice([aKill("<i>&")]);
    session.incident(aKill("mine", 60_000));
    const running = session.notify();
    const [, replaces, , summary, body, buttons] = await bus.shows(1);
    expect([replaces, summary]).toEqual([0, "2 processes were killed to free memory"]);
    expect(String(body).split("\n").slice(0, 2)).toEqual([
      "&lt;i&gt;&amp; (pid 4242), 760 MiB",
      "mine (pid 4242), 760 MiB",
    ]);
    expect(buttons).toEqual(["why", "Why?"]);
    bus.signal("NotificationClosed", "uu", [99, DISMISSED]);
    bus.signal("NotificationClosed", "uu", [41, DISMISSED], ":1.66");
    expect(await Promise.race([running, Bun.sleep(500)])).toBeUndefined();
    bus.signal("NotificationClosed", "uu", [41, DISMISSED]);
    expect(await running).toMatchObject(QUIET);
    expect(await session.notify()).toMatchObject(QUIET);
    expect(bus.shown).toHaveLength(1);
    expect(bus.heard[0]).toMatch(/^AUTH EXTERNAL (3\d)+$/);
  });

  test("adds what is killed while a notice stands, in its place", async () => {
    using bus = new PaperBus(session.bus);
    const first = aKill("first", 5_000);
    session.notice([first]);
    const running = session.notify();
    await bus.shows(1);
    // Another one leaves it to the first.
    expect(await session.notify()).toMatchObject(QUIET);
    session.notice([aKill("second"), first]);
    const [, replaces, , summary] = await bus.shows(2);
    expect([replaces, summary]).toEqual([41, "2 processes were killed to free memory"]);
    bus.leave();
    expect(await running).toMatchObject(QUIET);
  });

  test("Why? opens the report, which nobody else may read, without a shell", async () => {
    using bus = new PaperBus(session.bus);
    session.notice([aKill("$(id);<script>")]);
    const running = session.notify();
    await bus.shows(1);
    bus.signal("ActivationToken", "us", [41, "token-7"]);
    bus.signal("ActionInvoked", "us", [41, "why"]);
    expect(await running).toMatchObject(QUIET);
    expect(bus.heard.at(-1)).toBe("CloseNotification");
    expect(readFileSync(session.opened, "utf8")).toBe(`1 ${session.report} token-7\n`);
    expect(statSync(session.report).mode & 0o777).toBe(0o600);
    const page = readFileSync(session.report, "utf8");
    expect(page).toContain("$(id);&lt;script&gt; (pid 4242) was killed");
    expect(page).not.toContain("<script");
  });

  test("says where the report is when nothing opens it", async () => {
    using bus = new PaperBus(session.bus);
    session.notice([aKill("leak")]);
    const running = session.notify([], { PATH: "/nowhere" });
    await bus.shows(1);
    bus.signal("ActionInvoked", "us", [41, "why"]);
    const { exitCode, said } = await running;
    expect(exitCode).toBe(1);
    expect(said).toMatch(
      /^bustd: xdg-open cannot be started: .*; the report is \/.*report.html\n$/,
    );
  });

  test("--watch stays, for what comes later", async () => {
    using bus = new PaperBus(session.bus);
    await using child = session.start(["--watch"]);
    session.notice([aKill("first", 5_000)]);
    await bus.shows(1);
    // What is new while it stands is added to it: it has to be gone before.
    const standing = join(session.directory, "run/bustd/notice");
    await until(() => existsSync(standing));
    bus.signal("NotificationClosed", "uu", [41, DISMISSED]);
    await until(() => !existsSync(standing));
    session.incident(aKill("second"));
    const [, replaces, , summary] = await bus.shows(2);
    expect([replaces, summary]).toEqual([0, "second was killed to free memory"]);
    expect(child.exitCode).toBeNull();
  });
});

const LATEST_MS = 10_000;
const NO_NOTICE = "bustd: no notice can be shown on the session bus: ";

describe.skipIf(!isBuilt)(`notify when there is nobody to show anything${left}`, () => {
  beforeEach(() => session.notice([aKill("leak")]));

  async function ends(sentence: string, more: Readonly<Record<string, string>> = {}) {
    const { exitCode, said, tookMs } = await session.notify([], more);
    expect([exitCode, said]).toEqual([1, `${sentence}\n`]);
    expect(tookMs).toBeLessThan(LATEST_MS);
    // It is shown the next time.
    expect(existsSync(session.bookmark)).toBe(false);
  }

  test("there is no bus", () => ends(`${NO_NOTICE}connect ENOENT ${session.bus}`));

  test("its address leads nowhere", () =>
    ends(
      `${NO_NOTICE}there is none: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR leads ` +
        "to one",
      { DBUS_SESSION_BUS_ADDRESS: "tcp:host=nowhere" },
    ));

  test("there is no session", async () => {
    const { exitCode, said } = await session.notify([], { XDG_RUNTIME_DIR: "" });
    expect([exitCode, said]).toEqual([
      1,
      "bustd: notify needs XDG_RUNTIME_DIR, and HOME or XDG_STATE_HOME, as a session has them\n",
    ]);
  });

  test("there is no notification server", async () => {
    using _ = new PaperBus(session.bus, { errorAt: "GetCapabilities" });
    await ends(
      `${NO_NOTICE}The name org.freedesktop.Notifications was not provided by any .service files`,
    );
  });

  test("the bus refuses us", async () => {
    using _ = new PaperBus(session.bus, { errorAt: "AUTH" });
    await ends(`${NO_NOTICE}it refuses us`);
  });

  test("something is never answered", async () => {
    const steps = ["AUTH", "Hello", "GetCapabilities", "Notify"];
    const silent = steps.map(async (silentAt) => {
      using own = new PaperSession();
      own.notice([aKill("leak")]);
      using _ = new PaperBus(own.bus, { silentAt });
      const { exitCode, said, tookMs } = await own.notify();
      expect([exitCode, said]).toEqual([1, `${NO_NOTICE}it does not answer\n`]);
      expect(tookMs).toBeLessThan(LATEST_MS);
      expect(existsSync(own.bookmark)).toBe(false);
    });
    await Promise.all(silent);
  });

  test("what answers is no bus", async () => {
    using _ = new PaperBus(session.bus, { garbage: new Uint8Array(64).fill(0x41) });
    await ends(`${NO_NOTICE}what was received is no message of D-Bus`);
  });

  test("what listens there talks without end", async () => {
    using server = {
      listening: createServer((socket) => {
        socket.on("error", () => {});
        socket.write("x".repeat(100_000));
      }).listen(session.bus),
      [Symbol.dispose]() {
        this.listening.close();
      },
    };
    expect(server.listening.listening).toBe(true);
    await ends(`${NO_NOTICE}what answers is no message bus`);
  });

  test("the bus goes away while the notice stands", async () => {
    using bus = new PaperBus(session.bus);
    const running = session.notify();
    await bus.shows(1);
    bus.hangUp();
    const { exitCode, said } = await running;
    expect([exitCode, said]).toEqual([
      1,
      "bustd: the session bus is gone: the bus closed the connection\n",
    ]);
  });
});

describe.skipIf(!isBuilt)(`a file of notices${left}`, () => {
  test.each([
    ["half", '{ "version": 1, "inc', "it is cut short, or not JSON"],
    ["null", "null", "it has format undefined, and this bustd reads format 1"],
    ["later", '{ "version": 2 }', "it has format 2, and this bustd reads format 1"],
    ["odd", '{ "version": 1, "incidents": [{ "version": 1 }] }', "it is garbled at id"],
  ])("that is %s is refused in a sentence", async (_, text, reason) => {
    session.notice([], text);
    const { exitCode, said } = await session.notify();
    expect([exitCode, said]).toEqual([1, `bustd: ${session.notices}: ${reason}\n`]);
  });

  test("that others could have written is refused, one's own incidents are shown", async () => {
    using bus = new PaperBus(session.bus);
    session.notice([aKill("forged")]);
    chmodSync(session.notices, 0o620);
    session.incident(aKill("mine"));
    const running = session.notify();
    const [, , , summary] = await bus.shows(1);
    expect(summary).toBe("mine was killed to free memory");
    bus.leave();
    const { exitCode, said } = await running;
    expect([exitCode, said]).toEqual([
      1,
      `bustd: ${session.notices}: others than its owner could have written it\n`,
    ]);
  });

  test("and a garbled bookmark is none", async () => {
    using bus = new PaperBus(session.bus);
    session.notice([aKill("leak", 1_000)]);
    const running = session.notify();
    await bus.shows(1);
    bus.leave();
    expect(await running).toMatchObject(QUIET);
    writeFileSync(session.bookmark, new Uint8Array(100_000));
    const again = session.notify();
    await bus.shows(2);
    bus.leave();
    expect(await again).toMatchObject(QUIET);
  });
});
