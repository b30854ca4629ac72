import { expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Notifier } from "../../src/commands/notifier.ts";
import { News, newsPlaces } from "../../src/commands/notify-news.ts";
import { aKill, PaperSession } from "../helpers/desk.ts";
import { PaperBus } from "../helpers/paper-bus.ts";

const UID = process.geteuid?.() ?? 0;
const CRITICAL = ["urgency", { signature: "y", value: 2 }];

/** One for whom nobody has time. */
function hasty(session: PaperSession): Notifier {
  const runtime = join(session.directory, "run/bustd");
  mkdirSync(runtime, { recursive: true });
  const state = join(session.directory, "state/bustd");
  const places = newsPlaces({ runtime, state }, UID, join(session.directory, "daemon"));
  const news = new News(places, UID);
  return new Notifier(news, { uid: UID, env: session.env(), runtime, standingMs: 50 });
}

test("a notice that nobody answers stays, with a command in place of its button", async () => {
  using session = new PaperSession();
  using bus = new PaperBus(session.bus);
  const notifier = hasty(session);
  session.notice([aKill("leak")]);
  expect(await notifier.run()).toBeNull();
  const [app, replaces, , summary, body, buttons] = bus.shown[1] ?? [];
  expect([app, replaces, summary, buttons]).toEqual([
    "bustd",
    41,
    "leak was killed to free memory",
    [],
  ]);
  expect(String(body).split("\n").at(-1)).toBe("bustd explain 4242 tells why.");
  // The next one takes its place.
  session.notice([aKill("other")]);
  expect(await notifier.run()).toBeNull();
  expect(bus.shown[2]?.slice(1, 4)).toEqual([
    41,
    "dialog-warning",
    "other was killed to free memory",
  ]);
});

test("where notices go away with who sent them, it stays under another name", async () => {
  using session = new PaperSession();
  using bus = new PaperBus(session.bus, { serverName: "gnome-shell" });
  session.notice([aKill("leak")]);
  expect(await hasty(session).run()).toBeNull();
  expect(bus.shown.map(([app, replaces]) => [app, replaces])).toEqual([
    ["bustd", 0],
    ["Out of memory", 0],
  ]);
  expect(bus.shown[1]?.[6]).toEqual([CRITICAL]);
});

test("the number of a notice means nothing to a server that was started anew", async () => {
  using session = new PaperSession();
  using bus = new PaperBus(session.bus);
  session.notice([aKill("leak")]);
  await hasty(session).run();
  const path = join(session.directory, "run/bustd/notice");
  expect(readFileSync(path, "utf8")).toBe(":1.2 41\n");
  await Bun.write(path, ":1.9 41\n");
  session.notice([aKill("other")]);
  await hasty(session).run();
  expect(bus.shown[2]?.[1]).toBe(0);
});
