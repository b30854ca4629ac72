import { Bus, BusError } from "../desktop/bus.ts";
import { sessionSockets } from "../desktop/address.ts";
import { END, type Notice, noticeOf, SPARE, warnedOf, WHY } from "../desktop/notice.ts";
import { type Heard, Notifications } from "../desktop/notifications.ts";
import { WireError } from "../desktop/wire.ts";
import type { Incident, VictimRecord } from "../model/incident.ts";
import { escapeName } from "../report/escape.ts";
import { pageOf } from "../report/page.ts";
import { endedText, endIt, isGone, sparedText, spareIt } from "./answer-warning.ts";
import { zonedTime } from "./moments.ts";
import type { News } from "./notify-news.ts";
import { LastNotice, type Mailbox, mailbox } from "./notify-state.ts";
import { openPage } from "./open-page.ts";
import { readUserNames } from "./users.ts";

/** Until then the session bus and what shows notices there have answered, or they are given up. */
const ANSWER_MS = 6_000;
/** A server that does not even take a notice away is not waited for. */
const CLOSE_MS = 1_000;
/** How often it is asked whether there is something new. */
export const ASK_MS = 2_000;

/** What happens while a notice stands. */
type Happening = Heard | { readonly kind: "gone"; readonly why: string };

/** The server that was reached, and what is heard from there. */
interface Desk {
  readonly bus: Bus;
  readonly server: Notifications;
  readonly mail: Mailbox<Happening>;
}

/** Rejects when it takes longer than until then. */
async function inTime<T>(answer: Promise<T>, untilMs: number): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new BusError("it does not answer"));
    timer = setTimeout(fail, Math.max(0, untilMs - performance.now()));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For whom notices are shown, and where. */
interface Circumstances {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A directory of this user's, for as long as the session lasts. */
  readonly runtime: string;
  /** So long somebody may take to press a button. */
  readonly standingMs: number;
}

async function openBus({ env, uid }: Circumstances): Promise<Bus> {
  const sockets = sessionSockets(env);
  let last: unknown = new BusError(
    "there is none: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR leads to one",
  );
  for (const socket of sockets) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next one is only for when this one fails
      return await Bus.open(socket, uid, ANSWER_MS / sockets.length);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function openDesk(circumstances: Circumstances, untilMs: number): Promise<Desk> {
  const mail = mailbox<Happening>();
  const bus = await openBus(circumstances);
  try {
    const server = await inTime(Notifications.open(bus), untilMs);
    server.onHeard = mail.put;
    bus.onClosed = (why) => mail.put({ kind: "gone", why });
    return { bus, server, mail };
  } catch (error) {
    bus.close();
    throw error;
  }
}

/** What could not be done with the session bus, as a sentence; other errors are thrown. */
function sentenceOf(error: unknown): string {
  if (error instanceof BusError || error instanceof WireError) {
    return `no notice can be shown on the session bus: ${error.message}`;
  }
  throw error;
}

/** A notice of one sentence, which asks for nothing. */
function saying(summary: string): Notice {
  return { summary, body: "", buttons: [], otherwise: "" };
}

/** Shows what is killed of one user's processes, for as long as somebody may answer. */
export class Notifier {
  readonly #news: News;
  readonly #circumstances: Circumstances;
  readonly #last: LastNotice;
  #standing: readonly Incident[] = [];

  constructor(news: News, circumstances: Circumstances) {
    this.#news = news;
    this.#circumstances = circumstances;
    this.#last = new LastNotice(`${circumstances.runtime}/notice`);
  }

  /** Shows what is new, and waits until that was answered; null, or a sentence. */
  async run(): Promise<string | null> {
    let desk: Desk | null = null;
    try {
      let fresh = this.#fresh();
      while (fresh.length > 0) {
        const untilMs = performance.now() + ANSWER_MS;
        // oxlint-disable-next-line no-await-in-loop -- one answer after the other
        desk ??= await openDesk(this.#circumstances, untilMs);
        // oxlint-disable-next-line no-await-in-loop
        await inTime(this.#show(desk, fresh), untilMs);
        // oxlint-disable-next-line no-await-in-loop
        const problem = await this.#wait(desk);
        if (problem !== null) {
          return problem;
        }
        fresh = this.#fresh();
      }
      return this.#news.problems[0] ?? null;
    } catch (error) {
      return sentenceOf(error);
    } finally {
      desk?.bus.close();
      this.#standing = [];
    }
  }

  #fresh(): readonly Incident[] {
    this.#news.hasChanged();
    return this.#news.unseen(Date.now());
  }

  get #notice(): Notice {
    return noticeOf(this.#standing, this.#circumstances.uid);
  }

  async #show({ mail, server }: Desk, fresh: readonly Incident[]): Promise<void> {
    const kills = fresh.filter(({ kind }) => kind !== "warned");
    const isWarning = kills.length === 0;
    const others = this.#standing.filter(({ kind }) => kind !== "warned");
    // What was killed before stays to be read; a warning before is none any more.
    const isBeside = isWarning && others.length > 0;
    if (isBeside) {
      await server.leave(this.#notice);
    }
    this.#standing = isWarning ? fresh : [...kills, ...others];
    mail.clear();
    const id = await server.show(this.#notice, isBeside ? 0 : this.#last.of(server.owner));
    this.#last.keep(server.owner, id);
    this.#news.remember(fresh);
  }

  /** Until the notice was answered, or there is something to add to it; null, or a sentence. */
  async #wait(desk: Desk): Promise<string | null> {
    const untilMs = performance.now() + this.#circumstances.standingMs;
    const warned = this.#warned;
    for (let leftMs = 1; leftMs > 0; leftMs = untilMs - performance.now()) {
      // oxlint-disable-next-line no-await-in-loop -- until something happens
      const happening = await desk.mail.next(Math.min(ASK_MS, untilMs - performance.now()));
      if (happening !== null) {
        return this.#answer(happening, desk);
      }
      if (warned !== null && isGone(warned.victim)) {
        break;
      }
      if (this.#news.hasChanged() && this.#news.unseen(Date.now()).length > 0) {
        return null;
      }
    }
    if (warned !== null) {
      this.#standing = [];
      this.#last.forget();
      await inTime(desk.server.close(), performance.now() + CLOSE_MS).catch(() => {});
      return null;
    }
    const id = await inTime(desk.server.leave(this.#notice), performance.now() + ANSWER_MS);
    this.#last.keep(desk.server.owner, id);
    this.#standing = [];
    return null;
  }

  /** The warning that stands, and nothing but that; or null. */
  get #warned(): { readonly incident: Incident; readonly victim: VictimRecord } | null {
    const [incident] = this.#standing;
    const victim = incident === undefined ? null : warnedOf(incident, this.#circumstances.uid);
    return incident === undefined || victim === null ? null : { incident, victim };
  }

  /** A button of a warning; what is said in its place, or null. */
  #act(button: string): string | null {
    const warned = this.#warned;
    if (warned === null) {
      return null;
    }
    const { incident, victim } = warned;
    const name = `${escapeName(victim.comm)} (pid ${victim.pid})`;
    switch (button) {
      case END:
        return endedText(name, endIt(victim));
      case SPARE:
        return sparedText(name, spareIt(victim, incident));
      default:
        return null;
    }
  }

  async #answer(happening: Happening, { server }: Desk): Promise<string | null> {
    const said = happening.kind === "pressed" ? this.#act(happening.button) : null;
    const [newest] = this.#standing;
    this.#standing = [];
    this.#last.forget();
    if (happening.kind === "gone") {
      return `the session bus is gone: ${happening.why}`;
    }
    if (happening.kind === "closed" || newest === undefined) {
      return null;
    }
    if (said !== null) {
      await inTime(server.leave(saying(said)), performance.now() + ANSWER_MS);
      return null;
    }
    if (happening.button !== WHY) {
      await inTime(server.close(), performance.now() + CLOSE_MS).catch(() => {});
      return null;
    }
    await inTime(server.close(), performance.now() + CLOSE_MS).catch(() => {});
    const page = pageOf(newest, { userOf: readUserNames(), timeOf: zonedTime });
    return openPage(page, `${this.#circumstances.runtime}/report.html`, happening.token);
  }
}
