import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Notifier } from "../../src/commands/notifier.ts";
import { News, newsPlaces } from "../../src/commands/notify-news.ts";
import { startOf } from "../../src/readings/alive.ts";
import { linux } from "../../src/sys/linux.ts";
import { aKill, aWarning, PaperSession } from "../helpers/desk.ts";
import { PaperBus } from "../helpers/paper-bus.ts";
import { startSleeper } from "../helpers/program.ts";

const UID = process.geteuid?.() ?? 0;
const STANDING_MS = 20_000;
const DISMISSED = 2;

function notifierOf(session: PaperSession, standingMs = STANDING_MS): Notifier {
  const runtime = join(session.directory, "run/bustd");
  mkdirSync(runtime, { recursive: true });
  const state = join(session.directory, "state/bustd");
  const places = newsPlaces({ runtime, state }, UID, join(session.directory, "daemon"));
  const news = new News(places, UID);
  return new Notifier(news, { uid: UID, env: session.env(), runtime, standingMs });
}

function named({ pid }: { readonly pid: number }) {
  return { pid, startMs: startOf(linux, pid) };
}

/** A session in which somebody is warned of a process, and the notice stands. */
async function warned(who: { readonly pid: number; readonly startMs: number }, more = {}) {
  const session = new PaperSession();
  const bus = new PaperBus(session.bus, more);
  session.warning(aWarning(who, { daemon: 2 ** 22 + 1 }));
  const running = notifierOf(session).run();
  const shown = await bus.shows(1);
  return {
    bus,
    session,
    running,
    shown,
    press: (button: string) => bus.signal("ActionInvoked", "us", [41, button]),
    [Symbol.dispose]: () => {
      bus[Symbol.dispose]();
      session[Symbol.dispose]();
    },
  };
}

test("a warning says who takes it, and has two buttons", async () => {
  using sleeper = startSleeper();
  using desk = await warned(named(sleeper));
  const [, replaces, , summary, body, buttons] = desk.shown;
  expect([replaces, summary, buttons]).toEqual([
    0,
    "hog may soon be killed to free memory",
    ["end", "End it", "spare", "Spare it"],
  ]);
  expect(String(body).split("\n")).toEqual([
    `hog (pid ${sleeper.pid}), 100 MiB, of which it took 50 MiB of late`,
    "Memory will be at its limit in about 40 s at this rate.",
  ]);
  desk.bus.signal("NotificationClosed", "uu", [41, DISMISSED]);
  expect(await desk.running).toBeNull();
  // Once is enough.
  expect(await notifierOf(desk.session).run()).toBeNull();
  expect(desk.bus.shown).toHaveLength(1);
});

test("without buttons it says what to type", async () => {
  using sleeper = startSleeper();
  using desk = await warned(named(sleeper), { capabilities: ["body"] });
  const [, , , , body, buttons] = desk.shown;
  expect(buttons).toEqual([]);
  expect(String(body).split("\n").at(-1)).toStartWith(
    `kill ${sleeper.pid} ends it; env kill -s USR2 -q ${sleeper.pid} `,
  );
  desk.bus.leave();
  await desk.running;
});

test("End it ends that one, and the notice goes away", async () => {
  using sleeper = startSleeper();
  using other = startSleeper();
  using desk = await warned(named(sleeper));
  desk.press("end");
  expect(await desk.running).toBeNull();
  expect(await sleeper.endedBy()).toBe("SIGTERM");
  expect(linux.hasEnded(linux.openPidfd(other.pid))).toBe(false);
  expect(desk.bus.heard.at(-1)).toBe("CloseNotification");
});

test("End it and Spare it say when it cannot be done", async () => {
  using sleeper = startSleeper();
  const { pid, startMs } = named(sleeper);
  using gone = await warned({ pid, startMs: startMs - 10 });
  gone.press("end");
  expect(await gone.running).toBeNull();
  expect(gone.bus.shown.at(-1)?.slice(3, 6)).toEqual([`hog (pid ${pid}) was gone already`, "", []]);
  using unspared = await warned({ pid, startMs });
  unspared.press("spare");
  expect(await unspared.running).toBeNull();
  expect(unspared.bus.shown.at(-1)?.[3]).toEndWith("the bustd that warned does not run any more");
});

test("it goes away when the process does, and when nobody answers", async () => {
  const sleeper = startSleeper();
  using desk = await warned(named(sleeper));
  sleeper[Symbol.dispose]();
  expect(await desk.running).toBeNull();
  expect(desk.bus.heard.at(-1)).toBe("CloseNotification");
  using living = startSleeper();
  using session = new PaperSession();
  using bus = new PaperBus(session.bus);
  session.warning(aWarning(named(living)));
  expect(await notifierOf(session, 50).run()).toBeNull();
  expect([bus.shown.length, bus.heard.at(-1)]).toEqual([1, "CloseNotification"]);
});

test("a kill takes its place; and it does not take the place of one", async () => {
  using sleeper = startSleeper();
  using desk = await warned(named(sleeper));
  desk.session.notice([aKill("hog")]);
  const [, replaces, , summary, , buttons] = await desk.bus.shows(2);
  expect([replaces, summary, buttons]).toEqual([
    41,
    "hog was killed to free memory",
    ["why", "Why?"],
  ]);
  desk.session.warning(aWarning(named(sleeper)));
  await desk.bus.shows(4);
  const [left, warning] = desk.bus.shown.slice(2).map((shown) => [shown[1], shown[3], shown[5]]);
  expect(left).toEqual([41, "hog was killed to free memory", []]);
  expect(warning?.slice(0, 2)).toEqual([0, "hog may soon be killed to free memory"]);
  desk.bus.leave();
  expect(await desk.running).toBeNull();
});

test("what is old is no news, nor is what a stranger could have written", async () => {
  using sleeper = startSleeper();
  using session = new PaperSession();
  session.warning(aWarning(named(sleeper), { agoMs: 130_000 }));
  expect(await notifierOf(session).run()).toBeNull();
  const others = aWarning(named(sleeper));
  const [victim] = others.selection?.victims ?? [];
  const selection = { ...others.selection!, victims: [{ ...victim!, uid: UID + 1 }] };
  session.warning({ ...others, selection });
  expect(await notifierOf(session).run()).toBeNull();
});
