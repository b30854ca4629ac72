import { chooseAmong, scanNow } from "../crisis/select.ts";
import { noteSuspect } from "../crisis/suspect.ts";
import type { Daemon, Warner } from "../daemon-state.ts";
import { Errno } from "../model/errno.ts";
import type { Event } from "../model/event.ts";
import * as limits from "../model/limits.ts";
import { Depth, leftKib, type Reading } from "../model/reading.ts";
import type { Selection } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
import { NO_WARNINGS, type WarnerMemory } from "../model/warned.ts";
import { lossKibPerS, stallPercent } from "../policy/course.ts";
import { isDire, isLow } from "../policy/levels.ts";
import { identityOf } from "../model/process.ts";
import {
  emptyPast,
  forecast,
  forgetPast,
  goesOn,
  hasStopped,
  isNearlySure,
  isTheirs,
  type Past,
  rememberPast,
  type Suspect,
  suspectOf,
} from "../policy/warning.ts";
import { mayKillOthers, readStatus } from "../readings/process-memory.ts";
import { startOf } from "../readings/alive.ts";
import { decode } from "../readings/text.ts";
import { stillRoom } from "./still-room.ts";
import { WarningFile } from "./warning-file.ts";

const ROOT = 0;
const INIT = 1;

/** Until memory and swap are used up at the rate of the last second, or of half of it. */
function leftMs({ course, reading }: Daemon): number {
  const kibPerS = Math.max(
    1,
    lossKibPerS(course, limits.LOSS_WINDOW_MS),
    lossKibPerS(course, limits.STILL_WINDOW_MS),
  );
  return (1000 * leftKib(reading)) / kibPerS;
}

type Warned = Extract<Event, { kind: "warned" }>;

/**
 * Warns before somebody is killed, and spares for a while whom a user asks to spare. Loaded only
 * where warnings are wanted. It changes nothing that the daemon decides by: what it remembers is
 * its own, and whether somebody who is not spared is killed, and when, is none of its business.
 */
export class KillWarner implements Warner {
  /** Until when nobody is warned again, and who is spared until when. */
  #quietUntilMs: number;
  /** Who was warned of until then; "" when nobody is told any more that it is another one. */
  #warned = "";
  readonly #spared: Map<string, number>;
  readonly #past: Past = emptyPast();
  readonly #file = new WarningFile();
  readonly #isRehearsal: boolean;
  #scanUntilMs = 0;
  /** Who took memory when it was looked for last, far from the limits. */
  #suspect: Suspect | null = null;
  #heldUntilMs = 0;
  #heldSaidUntilMs = 0;
  /** A hook is to be run as soon as memory is not low: starting a program takes some. */
  #isUntold = false;

  constructor({ quietUntilMs, spared }: WarnerMemory, isRehearsal = false) {
    this.#quietUntilMs = quietUntilMs;
    this.#spared = new Map(spared);
    this.#isRehearsal = isRehearsal;
  }

  get memory(): WarnerMemory {
    return { quietUntilMs: this.#quietUntilMs, spared: [...this.#spared] };
  }

  understudy(): Warner {
    return new KillWarner(NO_WARNINGS, true);
  }

  look(daemon: Daemon): void {
    const { crisis, options, reading } = daemon;
    this.#file.prepare(daemon);
    if (crisis.kills.length > 0) {
      forgetPast(this.#past);
      this.#warned = "";
      return;
    }
    rememberPast(this.#past, reading);
    if (this.#isUntold && !isLow(reading, options)) {
      this.#isUntold = false;
      this.#tell(daemon);
    }
    const isQuiet = this.#warned === "" && reading.atMs < this.#quietUntilMs;
    const isEarly = isQuiet || reading.atMs < this.#scanUntilMs;
    // Conditions of the user's own stand in place of all that a warning goes by.
    if (isEarly || reading.depth === Depth.free || options.when !== null) {
      return;
    }
    const event = isLow(reading, options) ? this.#near(daemon) : this.#far(daemon);
    if (event !== null) {
      this.#warn(daemon, event);
    }
  }

  stayed(reading: Reading): void {
    rememberPast(this.#past, reading);
  }

  /** Memory is going to be low, if it goes on like this. */
  #far(daemon: Daemon): Warned | null {
    const { asked, reading } = daemon;
    const expected = forecast(this.#past, reading, asked);
    if (expected === null) {
      return null;
    }
    const restMs = expected.leftMs * limits.FAR_SCAN_SHARE;
    this.#scanUntilMs = reading.atMs + Math.min(limits.FAR_SCAN_MS, restMs);
    const seen = scanNow(daemon, daemon.extent, stillRoom(daemon));
    const selection = seen.snapshot.isWhole ? chooseAmong(daemon, seen) : null;
    if (selection === null || !isTheirs(selection, expected.roomKib)) {
      return null;
    }
    const before = this.#suspect;
    this.#suspect = suspectOf(selection, reading);
    return before !== null && goesOn(before, this.#suspect)
      ? { kind: "warned", isFar: true, leftMs: expected.leftMs, selection }
      : null;
  }

  /** Memory is low, and goes on into swap; nobody waits for it yet. */
  #near(daemon: Daemon): Warned | null {
    const { course, options, reading, sys } = daemon;
    const isGoing = lossKibPerS(course, limits.LOSS_WINDOW_MS) > 0;
    // Where tasks stall, a rule looks for whose doing it is: see `doubts`.
    const isAwaited = stallPercent(course, limits.STILL_WINDOW_MS) >= options.psiPercent;
    const isAsked = isGoing && !isAwaited && options.psiPercent > 0;
    if (reading.depth !== Depth.stalls || (!isAsked && !this.#isRehearsal)) {
      return null;
    }
    const startMs = sys.nowMs();
    const seen = scanNow(daemon, daemon.extent, () => sys.nowMs() - startMs < limits.NEAR_SCAN_MS);
    const restMs = (sys.nowMs() - startMs) * limits.NOTE_REST;
    this.#scanUntilMs = reading.atMs + Math.max(limits.NEAR_EVERY_MS, restMs);
    const selection = seen.snapshot.isWhole ? chooseAmong(daemon, seen) : null;
    if (selection === null) {
      return null;
    }
    // What the rule `leak` notes of whom it suspects is none of ours to note.
    const own = { ...course };
    noteSuspect(sys, own, selection);
    return isNearlySure(selection, { course: own, options, reading }) || this.#isRehearsal
      ? { kind: "warned", isFar: false, leftMs: leftMs(daemon), selection }
      : null;
  }

  doubts(daemon: Daemon, { rule }: Acting, selection: Selection): void {
    const { course, options, reading } = daemon;
    if (rule === "leak" && isNearlySure(selection, { course, options, reading })) {
      this.#warn(daemon, { kind: "warned", isFar: false, leftMs: leftMs(daemon), selection });
    }
  }

  #warn(daemon: Daemon, event: Warned): void {
    const { reading, report, sys } = daemon;
    const victim = event.selection.victims[0]?.process;
    // A user's own daemon can kill, and speaks to, nobody else; a service may have the right to.
    const ownUid = sys.ownUid();
    const isOwn = victim?.uid === ownUid || this.#isRehearsal;
    const isOthers = !isOwn && ownUid !== ROOT && !mayKillOthers(sys, daemon.ownPid);
    const isQuiet = reading.atMs < this.#quietUntilMs;
    // Where who was warned of is innocent, people hear of the other one, once.
    const isAnother = this.#warned !== "" && hasStopped(this.#warned, event.selection);
    if (isOthers || (isQuiet && !isAnother)) {
      return;
    }
    this.#warned = isQuiet || victim === undefined ? "" : identityOf(victim);
    const quietMs = this.#isRehearsal ? limits.FAR_SCAN_MS : limits.WARN_QUIET_MS;
    this.#quietUntilMs = reading.atMs + quietMs;
    report(event);
    this.#file.write(daemon, event);
    this.#isUntold = true;
  }

  /** Has hooks run, where systemd does not see to it. */
  #tell({ options, sys }: Daemon): void {
    if (options.announce !== null) {
      sys.startBeside(options.announce.args, options.announce.env);
    }
  }

  asked(daemon: Daemon): void {
    const { report, sys } = daemon;
    const sender = sys.signalSender();
    if (sender === null) {
      return;
    }
    // The value is whatever the sender likes; that it may send at all, the kernel sees to.
    const pid = Math.max(0, sender.value);
    const nowMs = sys.nowMs();
    this.#forget(nowMs);
    const comm =
      pid > INIT ? decode(sys.text, Math.max(0, sys.readProcessFile(pid, "comm"))).trimEnd() : "";
    const startMs = pid > INIT ? startOf(sys, pid) : -1;
    const isOwn = startMs >= 0 && readStatus(sys, pid, 1).uid === sys.ownUid();
    const identity = identityOf({ pid, startMs });
    const isFull = this.#spared.size >= limits.MOST_SPARED && !this.#spared.has(identity);
    const errno =
      startMs < 0 && pid !== INIT ? Errno.ESRCH : !isOwn ? Errno.EPERM : isFull ? Errno.EAGAIN : 0;
    if (errno === 0) {
      this.#spared.set(identity, nowMs + limits.SPARED_MS);
    }
    report({ kind: "spared", pid, comm, errno, byUid: sender.uid });
  }

  #forget(nowMs: number): void {
    for (const [identity, untilMs] of this.#spared) {
      if (untilMs <= nowMs) {
        this.#spared.delete(identity);
      }
    }
  }

  isHolding({ options, reading }: Daemon): boolean {
    return reading.atMs < this.#heldUntilMs && !isDire(reading, options);
  }

  holds(daemon: Daemon, verdict: Acting, selection: Selection): boolean {
    const { crisis, options, reading, report } = daemon;
    this.#forget(reading.atMs);
    const isSpared = selection.victims.some(({ process }) => this.#spared.has(identityOf(process)));
    if (!isSpared || selection.group?.isStorm === true || isDire(reading, options)) {
      return false;
    }
    const restMs = Math.max(limits.SUSPECT_MS, crisis.scanMs * limits.REST);
    this.#heldUntilMs = reading.atMs + restMs;
    if (reading.atMs >= this.#heldSaidUntilMs) {
      this.#heldSaidUntilMs = reading.atMs + limits.NOBODY_SAID_MS;
      report({ kind: "held", verdict, selection });
    }
    return true;
  }
}
