import { fstatSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import type { CommandLine } from "../cli/command-line.ts";
import { Errno, errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { type Hook, HOOK_EVENTS, type HookEvent } from "../model/hook.ts";
import type { Incident } from "../model/incident.ts";
import { escapeName } from "../report/escape.ts";
import { utcTime } from "../report/time.ts";
import { linux } from "../sys/linux.ts";
import { readBookmark, writeBookmark } from "./bookmark.ts";
import { environmentOf, happeningsOf, keyOf } from "./happenings.ts";
import { IncidentCache } from "./incident-cache.ts";
import { nameKernelVictims } from "./kernel-log.ts";
import { leaveNotices, makeNoticesDirectory } from "./leave-notices.ts";
import { zonedTime } from "./moments.ts";
import { WARNING_NEWS_MS } from "./notify-news.ts";
import { noticesOf, readPlaces } from "./places.ts";
import { readWarning } from "./read-warning.ts";
import { runHook } from "./run-hook.ts";
import { readTrusted } from "./trusted-file.ts";
import { readAccounts, readUserNames } from "./users.ts";

/*
 * A hook is run once at the most for each event of an incident: that it was announced is written
 * down before its hooks are run. If this is killed between the two, or the machine ends, they are
 * not run again. They may have run, and a mail or a restart too many is worse than one too few: the
 * log and the incident are there all the same. Notices say what is, so twice is as good as once.
 */

type Asked = Extract<CommandLine, { kind: "announce" }>;

/** Where nothing is known of the time before, as after a boot, what is older is no news. */
const NEWS_MS = 5 * 60_000;

interface News {
  readonly event: HookEvent;
  readonly incident: Incident;
}

interface Announcer {
  readonly hooks: readonly Hook[];
  readonly incidents: IncidentCache;
  /** The daemon's last warning. */
  readonly warned: string;
  /** The directory of notices. */
  readonly notices: string;
  readonly stop: AbortSignal;
  /** Something went wrong, and was said. */
  hasFailed: boolean;
  /** It cannot go on. */
  isStuck: boolean;
}

/** `announce`: systemd or the daemon starts it when an incident is written; see the manual. */
export async function runAnnounce({ directory, hooks, problems }: Asked): Promise<number> {
  becomeOrdinary();
  const announcer: Announcer = {
    hooks,
    incidents: new IncidentCache(readPlaces(directory).incidents),
    warned: readPlaces(directory).warned,
    notices: noticesOf(directory),
    stop: stopSignal(),
    hasFailed: false,
    isStuck: false,
  };
  for (const problem of problems) {
    complain(announcer, `no hook is run: ${problem}`);
  }
  const unusable = makeNoticesDirectory(announcer.notices);
  if (unusable !== null) {
    complain(announcer, unusable);
    return ExitCode.notStarted;
  }
  do {
    const path = `${announcer.notices}/lock`;
    const lock = linux.holdPidFile(path);
    if (lock === -Errno.EAGAIN) {
      // Another one is at work: it looks once more after it has let go of this.
      break;
    }
    if (lock < 0) {
      complain(announcer, `${path}: ${errnoSentence(-lock)}`);
      return ExitCode.notStarted;
    }
    // oxlint-disable-next-line no-await-in-loop -- one hook at a time
    while (await announceNext(announcer));
    linux.close(lock);
  } while (canGoOn(announcer) && newsOf(announcer).news.length > 0);
  return announcer.hasFailed ? ExitCode.problems : ExitCode.ok;
}

/** Is no more urgent than others, as a daemon that started it is. */
function becomeOrdinary(): void {
  try {
    if (getPriority() < 0) {
      setPriority(0);
    }
    if (Number(readFileSync("/proc/self/oom_score_adj", "utf8")) < 0) {
      writeFileSync("/proc/self/oom_score_adj", "0");
    }
  } catch {
    // Then it is as it was started.
  }
}

/** Aborted when it is told to stop: a hook that runs is ended then. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => stop.abort());
  }
  return stop.signal;
}

function complain(announcer: Announcer, sentence: string): void {
  announcer.hasFailed = true;
  say(escapeName(sentence));
}

/** A line in a log file has a time, as the daemon's own do; the journal knows it. */
function say(sentence: string): void {
  const time = fstatSync(process.stderr.fd).isFile() ? `${utcTime(Date.now())} ` : "";
  process.stderr.write(`${time}bustd: ${sentence}\n`);
}

function canGoOn({ isStuck, stop }: Announcer): boolean {
  return !isStuck && !stop.aborted;
}

function bookmarkPath({ notices }: Announcer): string {
  return `${notices}/announced.json`;
}

/** All incidents, what is announced of them, and what is not, the oldest first. */
function newsOf(announcer: Announcer) {
  const warning = readWarning(announcer.warned, readTrusted);
  if (typeof warning === "string") {
    complain(announcer, warning);
  }
  const incidents = [
    ...nameKernelVictims(announcer.incidents.read((problem) => complain(announcer, problem))),
    ...(warning === null || typeof warning === "string" ? [] : [warning]),
  ].toSorted((one, other) => one.wallMs - other.wallMs);
  const done = readBookmark(bookmarkPath(announcer)) ?? oldNews(incidents);
  const news = incidents
    .flatMap((incident): News[] => happeningsOf(incident).map((event) => ({ event, incident })))
    .filter(({ event, incident }) => !done.has(keyOf(event, incident)) && !isStale(incident));
  return { done, incidents, news };
}

/** Nobody can do anything about a warning of minutes ago. */
function isStale({ kind, wallMs }: Incident): boolean {
  return kind === "warned" && Date.now() - wallMs > WARNING_NEWS_MS;
}

function oldNews(incidents: readonly Incident[]): ReadonlySet<string> {
  const sinceMs = Date.now() - NEWS_MS;
  const old = incidents.filter(({ wallMs }) => wallMs < sinceMs);
  return new Set(old.flatMap((incident) => HOOK_EVENTS.map((event) => keyOf(event, incident))));
}

/** Leaves notices, and announces up to the first event that has hooks; whether to go on. */
async function announceNext(announcer: Announcer): Promise<boolean> {
  const { done, incidents, news } = newsOf(announcer);
  const isNew = new Set(news.map(({ incident }) => incident));
  for (const problem of leaveNotices(announcer.notices, incidents, [...isNew])) {
    complain(announcer, problem);
  }
  if (news.length === 0 || !canGoOn(announcer)) {
    return false;
  }
  const hooked = news.findIndex(({ event }) => hooksOn(event, announcer).length > 0);
  const next = news[hooked];
  const announced = next === undefined ? news : news.slice(0, hooked + 1);
  const kept = new Set(incidents.map(({ id }) => id));
  const all = [...done, ...announced.map(({ event, incident }) => keyOf(event, incident))];
  const unwritten = writeBookmark(
    bookmarkPath(announcer),
    all.filter((key) => kept.has(key.slice(0, key.lastIndexOf(" ")))),
  );
  if (unwritten !== null) {
    complain(announcer, `no hook is run, for it would be run again and again: ${unwritten}`);
    announcer.isStuck = true;
    return false;
  }
  if (next !== undefined) {
    await runHooks(announcer, next);
  }
  return true;
}

function hooksOn(event: HookEvent, { hooks }: Announcer): readonly Hook[] {
  return hooks.filter(({ on }) => on.includes(event));
}

async function runHooks(announcer: Announcer, { event, incident }: News): Promise<void> {
  const { stop } = announcer;
  const accounts = readAccounts();
  const accountOf = (uid: number) => accounts.get(uid) ?? null;
  const env = environmentOf(event, incident, { userOf: readUserNames(), timeOf: zonedTime });
  const input = `${JSON.stringify(incident)}\n`;
  for (const hook of hooksOn(event, announcer)) {
    if (stop.aborted) {
      return;
    }
    const who = `hook ${escapeName(hook.run[0] ?? "")}`;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { lines, problem } = await runHook(hook, { env, input, accountOf, stop });
    for (const line of lines) {
      say(`${who} says: ${line}`);
    }
    if (problem !== null) {
      announcer.hasFailed = true;
      const of = `${event}, ${escapeName(incident.id)} (${escapeName(hook.origin)})`;
      say(`${who} failed for ${of}: ${problem}`);
    }
  }
}
