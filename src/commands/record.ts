import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { isIncidentName } from "../recorder/incidents.ts";
import { killedOf } from "../replay/of-incident.ts";
import { Observer } from "../replay/observe.ts";
import { Pacer } from "../replay/pace.ts";
import { headerLine, type Killed, RecordingWriter } from "../replay/recording.ts";
import { escapeName } from "../report/escape.ts";
import { countText, sizeText, spanText } from "../report/units.ts";
import { linux } from "../sys/linux.ts";
import { readIncidentFile } from "./incident-store.ts";
import { print } from "./output.ts";
import { readPlaces } from "./places.ts";
import { readStatus } from "./status.ts";

/** What the recording may take on disk. */
const MOST_BYTES = 512 * 1024 * 1024;
/** Whether a daemon wrote incidents is asked this often. */
const INCIDENTS_MS = 5_000;
const PROGRESS_MS = 1_000;
const STDOUT = 1;
/** A pipe that can be written to takes as much without waiting: PIPE_BUF of pipe(7). */
const PIPE_BYTES = 4096;
/** How long a reader that is slower is waited for before the next try. */
const READER_MS = 50;

interface Wish {
  readonly file: string;
  /** Infinity where nobody says how long. */
  readonly forMs: number;
}

/** Incidents that are new since the last time that somebody asked. */
class NewIncidents {
  readonly #directory = readPlaces(null).incidents;
  readonly #known = new Set(this.#names());
  #askedAtMs = 0;

  #names(): string[] {
    try {
      return readdirSync(this.#directory).filter(isIncidentName);
    } catch {
      // Nobody but root may look there.
      return [];
    }
  }

  since(atMs: number): Killed[] {
    if (atMs - this.#askedAtMs < INCIDENTS_MS) {
      return [];
    }
    this.#askedAtMs = atMs;
    const names = this.#names().filter((name) => !this.#known.has(name));
    for (const name of names) {
      this.#known.add(name);
    }
    return names.flatMap((name) => {
      const incident = readIncidentFile(`${this.#directory}/${name}`);
      return typeof incident === "string" ? [] : killedOf(incident);
    });
  }
}

/** Waits, until somebody asks for the end. */
class Patience {
  isOver = false;
  #wake = () => {};

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        this.isOver = true;
        this.#wake();
      });
    }
  }

  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/** A file that is written line by line, and never larger than it may be. */
class Output {
  bytes = 0;
  readonly #fd: number;
  readonly #patience: Patience;

  constructor(path: string, patience: Patience) {
    this.#fd = path === "-" ? -1 : openSync(path, "wx", 0o640);
    this.#patience = patience;
  }

  /** Null, or why it is over; throws where the file cannot be written. */
  async put(line: string): Promise<string | null> {
    const bytes = Buffer.from(line);
    if (this.bytes + bytes.length > MOST_BYTES) {
      return `, because it is ${sizeText(MOST_BYTES / 1024)} long`;
    }
    if (this.#fd < 0 && !(await this.#print(bytes))) {
      return "";
    }
    for (let at = 0; this.#fd >= 0 && at < bytes.length;) {
      at += writeSync(this.#fd, bytes, at);
    }
    this.bytes += bytes.length;
    return null;
  }

  /**
   * To standard output, for as long as somebody reads there and nobody asks for the end: whoever
   * waits for a reader in a write sees no signal.
   */
  async #print(bytes: Buffer): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += PIPE_BYTES) {
      while (!linux.canWrite(STDOUT)) {
        if (this.#patience.isOver) {
          return false;
        }
        // oxlint-disable-next-line no-await-in-loop -- it waits for a reader
        await this.#patience.wait(READER_MS);
      }
      if (!print(bytes.subarray(at, at + PIPE_BYTES))) {
        return false;
      }
    }
    return true;
  }

  close(): void {
    if (this.#fd >= 0) {
      closeSync(this.#fd);
    }
  }
}

/** Lets a person see that it goes on; nothing where nobody looks on. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`);
  }
}

/** What is recorded, and how far it is. */
class Session {
  looks = 0;
  readonly #output: Output;
  readonly #observer = new Observer(linux, !isAtLeast(linux.systemName().release, 5, 9));
  readonly #writer = new RecordingWriter();
  readonly #incidents = new NewIncidents();
  readonly #pacer = new Pacer();
  #shownAtMs = -Infinity;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Writes the header, which says beside which daemon it is recorded. */
  async begin(daemonPid: number | null): Promise<void> {
    const about = daemonPid === null ? "a machine without bustd" : "a machine on which bustd ran";
    await this.#output.put(headerLine(this.#observer.header(daemonPid ?? linux.ownPid(), about)));
  }

  /** Writes one moment; how long to wait for the next one, or why it is over. */
  async go(forMs: number): Promise<number | string> {
    if (this.#pacer.isCountDue(linux.nowMs())) {
      const beganMs = linux.nowMs();
      this.#observer.count();
      this.#pacer.counted(beganMs, linux.nowMs());
    }
    const moment = this.#observer.look();
    const killed = this.#incidents.since(moment.atMs);
    const over = await this.#output.put(this.#writer.line(moment, killed));
    if (over !== null) {
      return over;
    }
    this.looks++;
    const pauseMs = this.#pacer.pauseMs(moment);
    if (moment.atMs - this.#shownAtMs >= PROGRESS_MS) {
      this.#shownAtMs = moment.atMs;
      const size = sizeText(this.#output.bytes / 1024);
      progress(`${spanText(moment.atMs)}, ${this.looks} looks, ${this.#pacer.text}, ${size}`);
    }
    return moment.atMs >= forMs ? "" : Math.min(pauseMs, forMs - moment.atMs);
  }
}

function failed(file: string, error: unknown): ExitCode {
  const { code, errno = 0 } = error as NodeJS.ErrnoException;
  const because = code === "EEXIST" ? "it exists already" : errnoSentence(Math.abs(errno));
  progress("");
  process.stderr.write(`bustd: ${escapeName(file)}: ${because}\n`);
  return ExitCode.problems;
}

/** `record FILE`: until Ctrl-C, for as long as was asked for, or until the file is full. */
export async function runRecord({ file, forMs }: Wish): Promise<number> {
  linux.holdHangup(false);
  const patience = new Patience();
  const { pid, state } = await readStatus(null, "daemon");
  let output: Output | null = null;
  try {
    output = new Output(file, patience);
    const session = new Session(output);
    process.stderr.write(`bustd: recording to ${escapeName(file)}; Ctrl-C ends it\n`);
    await session.begin(state === "stopped" ? null : pid);
    let next: number | string = 0;
    while (typeof next === "number" && !patience.isOver) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other is the point
      await patience.wait(next);
      // oxlint-disable-next-line no-await-in-loop -- as above
      next = await session.go(forMs);
    }
    progress("");
    const size = sizeText(output.bytes / 1024);
    const why = typeof next === "string" ? next : "";
    const looks = countText(session.looks, "look", "looks");
    process.stderr.write(`bustd: ended${why}: ${looks}, ${size}\n`);
    return ExitCode.ok;
  } catch (error) {
    return failed(file, error);
  } finally {
    output?.close();
  }
}
