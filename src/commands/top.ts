import { ExitCode } from "../model/exit-codes.ts";
import type { LimitsInForce } from "../model/incident.ts";
import type { Options } from "../model/options.ts";
import { usableKib } from "../model/reading.ts";
import type { RecordedLook } from "../model/recorded.ts";
import { limitsInForce } from "../recorder/standing.ts";
import { frameOf, type View } from "../report/top-frame.ts";
import { linux } from "../sys/linux.ts";
import { crowdOf, readMemory } from "./machine-now.ts";
import { localTime } from "./moments.ts";
import { print } from "./output.ts";
import { readPlaces } from "./places.ts";
import { readRingFile } from "./ring-file.ts";
import { readScreen, type Screen } from "./screen.ts";
import { readStatus } from "./status.ts";
import { asTheDaemonSees } from "./set-aside.ts";
import { HeldTerminal } from "./terminal.ts";
import { readUserNames } from "./users.ts";
import { Watcher } from "./watch-machine.ts";

const FRAME_MS = 1_000;
/** A scan of all processes is not repeated sooner, nor before so many times what it took. */
const SCAN_MS = 2_000;
const SCAN_SHARE = 200;
/** Whether the daemon runs is asked this often. */
const STATUS_MS = 5_000;

interface Daemon {
  readonly about: Pick<View, "state" | "isHealthy">;
  readonly limits: LimitsInForce | null;
  /** Of its flight recorder; none while it does not run. */
  readonly looks: readonly RecordedLook[];
}

function readLooks(): readonly RecordedLook[] {
  const read = readRingFile(readPlaces(null).ring);
  return "ring" in read ? read.ring.looks : [];
}

/** How it stands with the daemon, in a few words, and its limits where they are known. */
async function readDaemon(): Promise<Daemon> {
  const { dryRun, limits, pid, state } = await readStatus(null, "daemon");
  const dry = dryRun ? ", in a dry run" : "";
  const words = {
    running: `runs, pid ${pid}${dry}`,
    stuck: `does not answer, pid ${pid}`,
    halted: `is stopped by a signal, pid ${pid}`,
    stopped: "does not run",
  };
  const isHealthy = state === "running" && !dryRun;
  const about = { state: words[state], isHealthy };
  return state === "stopped"
    ? { about, limits: null, looks: [] }
    : { about, limits, looks: readLooks() };
}

/** Frames of the live view, one after the other. */
class Frames {
  readonly #watcher: Watcher;
  readonly #options: Options;
  readonly #userOf = readUserNames();
  #daemon: Daemon | null = null;
  #askedMs = 0;
  #scannedMs = -Infinity;
  #scanMs = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#watcher = new Watcher(readLooks());
  }

  /** Looks, scans if it is time, and draws. */
  async next(screen: Screen, mayQuit: boolean): Promise<string[]> {
    const nowMs = Date.now();
    if (this.#daemon === null || nowMs - this.#askedMs >= STATUS_MS) {
      this.#daemon = await readDaemon();
      this.#askedMs = nowMs;
    }
    const reading = asTheDaemonSees(readMemory(), this.#daemon.looks);
    this.#watcher.see(reading, nowMs);
    if (reading.atMs - this.#scannedMs >= Math.max(SCAN_MS, SCAN_SHARE * this.#scanMs)) {
      const beganMs = performance.now();
      this.#watcher.count(crowdOf(linux, this.#options, reading.machineKib), reading.atMs);
      this.#scanMs = performance.now() - beganMs;
      this.#scannedMs = reading.atMs;
    }
    const limits =
      this.#daemon.limits ??
      limitsInForce(this.#options, {
        usableKib: usableKib(reading),
        swapTotalKib: reading.swapTotalKib,
      });
    const about = { ...this.#daemon.about, clock: localTime(nowMs), mayQuit };
    const view = this.#watcher.view(reading, limits, about, this.#userOf);
    return frameOf(view, screen.rows, { ...screen, rows: 0 });
  }

  /** Takes note of who there is now, whenever the last time was. */
  forgetPace(): void {
    this.#scannedMs = -Infinity;
  }
}

/** `top`: the live view until `q`; with `--once`, or where nobody can look on, a single frame. */
export async function runTop(options: Options, once: boolean): Promise<number> {
  const frames = new Frames(options);
  if (once || !readScreen().isTerminal || process.env["TERM"] === "dumb") {
    const screen = readScreen();
    await frames.next(screen, false);
    // What grows and stalls shows only from one look to the next.
    await Bun.sleep(FRAME_MS);
    frames.forgetPace();
    const lines = await frames.next(screen, false);
    print(
      `${lines
        .map((line) => line.trimEnd())
        .join("\n")
        .trimEnd()}\n`,
    );
    return ExitCode.ok;
  }
  const terminal = new HeldTerminal();
  try {
    while (!terminal.isLeft) {
      // oxlint-disable-next-line no-await-in-loop -- one frame after the other is the point
      terminal.draw(await frames.next(readScreen(), true));
      // oxlint-disable-next-line no-await-in-loop -- as above
      await terminal.pause(FRAME_MS);
    }
  } finally {
    terminal.release();
  }
  return ExitCode.ok;
}
