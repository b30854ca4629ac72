import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { isIncidentName } from "../recorder/incidents.ts";
import { Observer } from "../replay/observe.ts";
import { Pacer } from "../replay/pace.ts";
import { headerLine, type Killed, RecordingWriter } from "../replay/recording.ts";
import { escapeName } from "../report/escape.ts";
import { countText, sizeText, spanText } from "../report/units.ts";
import { linux } from "../sys/linux.ts";
import { readPlaces } from "./places.ts";
import { readStatus } from "./status.ts";

/** What the recording may take on disk. */
const MOST_BYTES = 512 * 1024 * 1024;
/** Whether a daemon wrote incidents is asked this often. */
const INCIDENTS_MS = 5_000;
const PROGRESS_MS = 1_000;

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
    // An incident is called after its first victim, which is nobody in some.
    const pids = names.map((name) => Number(/-(\d+)\.json$/.exec(name)?.[1] ?? 0));
    return pids.filter((pid) => pid > 0).map((pid) => ({ pid, by: "bustd" }));
  }
}

/** A file that is written line by line, and never larger than it may be. */
class Output {
  bytes = 0;
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = path === "-" ? 1 : openSync(path, "wx", 0o640);
  }

  /** False when there is no more room. */
  put(line: string): boolean {
    const bytes = Buffer.from(line);
    if (this.bytes + bytes.length > MOST_BYTES) {
      return false;
    }
    for (let at = 0; at < bytes.length;) {
      at += writeSync(this.#fd, bytes, at);
    }
    this.bytes += bytes.length;
    return true;
  }

  close(): void {
    if (this.#fd > 2) {
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

/** `record FILE`: until Ctrl-C, for as long as was asked for, or until the file is full. */
export async function runRecord({ file, forMs }: Wish): Promise<number> {
  let output: Output;
  try {
    output = new Output(file);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    const because = code === "EEXIST" ? "it exists already" : errnoSentence(Math.abs(errno));
    process.stderr.write(`bustd: ${escapeName(file)}: ${because}\n`);
    return ExitCode.problems;
  }
  linux.holdHangup(false);
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, stop);
  }
  const status = await readStatus(null);
  const observer = new Observer(linux, !isAtLeast(linux.systemName().release, 5, 9));
  const isRunning = status.state !== "stopped";
  const about = isRunning ? "a machine on which bustd ran" : "a machine without bustd";
  const header = observer.header(isRunning ? status.pid : linux.ownPid(), about);
  const writer = new RecordingWriter();
  const incidents = new NewIncidents();
  const pacer = new Pacer();
  let looks = 0;
  let why = "";
  let shownAtMs = -Infinity;
  try {
    output.put(headerLine(header));
    process.stderr.write(`bustd: recording to ${escapeName(file)}; Ctrl-C ends it\n`);
    while (!isStopped) {
      if (pacer.isCountDue(linux.nowMs())) {
        const beganMs = linux.nowMs();
        observer.count();
        pacer.counted(beganMs, linux.nowMs());
      }
      const moment = observer.look();
      if (moment.atMs > forMs) {
        break;
      }
      if (!output.put(writer.line(moment, incidents.since(moment.atMs)))) {
        why = `, because it is ${sizeText(MOST_BYTES / 1024)} long`;
        break;
      }
      looks++;
      const pauseMs = pacer.pauseMs(moment);
      if (moment.atMs - shownAtMs >= PROGRESS_MS) {
        shownAtMs = moment.atMs;
        progress(
          `${spanText(moment.atMs)}, ${looks} looks, ${pacer.text}, ${sizeText(output.bytes / 1024)}`,
        );
      }
      // oxlint-disable-next-line no-await-in-loop -- one look after the other is the point
      await Promise.race([Bun.sleep(pauseMs), stopped]);
    }
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    progress("");
    process.stderr.write(`bustd: ${escapeName(file)}: ${errnoSentence(Math.abs(errno))}\n`);
    return ExitCode.problems;
  } finally {
    output.close();
  }
  progress("");
  const size = sizeText(output.bytes / 1024);
  process.stderr.write(`bustd: ended${why}: ${countText(looks, "look", "looks")}, ${size}\n`);
  return ExitCode.ok;
}
