import type { Options } from "../../src/model/options.ts";
import { runDaemon } from "../../src/daemon.ts";
import type { Event } from "../../src/model/event.ts";
import { Observer } from "../../src/replay/observe.ts";
import {
  headerLine,
  readRecording,
  type Recording,
  RecordingWriter,
} from "../../src/replay/recording.ts";
import { NO_WARNINGS } from "../../src/model/warned.ts";
import type { Act, Warning } from "../../src/replay/replay.ts";
import { Signal } from "../../src/sys/sys.ts";
import { KillWarner } from "../../src/warn/warner.ts";
import type { Actor, Hardware } from "./hardware.ts";
import { anInheritance } from "./nouns.ts";
import { SimulatedKernel } from "./simulated-kernel.ts";

/** A simulated kernel that is recorded at the very moments at which the daemon looks. */
class RecordedKernel extends SimulatedKernel {
  readonly #observer: Observer;
  readonly #writer = new RecordingWriter();
  readonly #lines: string[] = [];

  constructor(hardware: Hardware, actors: readonly Actor[]) {
    super({ ...hardware, costMs: 0 }, actors);
    this.#observer = new Observer(this, false);
    this.#lines.push(headerLine(this.#observer.header(this.ownPid(), "a story on paper")));
    this.#record();
  }

  #record(): void {
    this.#observer.count();
    this.#lines.push(this.#writer.line(this.#observer.look()));
  }

  override wait(timeoutMs: number): number {
    const wake = super.wait(timeoutMs);
    this.#record();
    return wake;
  }

  recording(): Recording {
    const recording = readRecording(this.#lines.join(""));
    if (typeof recording === "string") {
      throw new Error(recording);
    }
    return recording;
  }
}

interface Story {
  readonly hardware: Hardware;
  readonly actors: readonly Actor[];
  readonly options: Options;
  readonly forMs: number;
}

/** Lets a daemon live through a story that is recorded; what it did, and the recording. */
export function recordStory({ actors, forMs, hardware, options }: Story): {
  readonly acts: readonly Act[];
  readonly warnings: readonly Warning[];
  readonly recording: Recording;
} {
  const kernel = new RecordedKernel(hardware, actors);
  const acts: Act[] = [];
  const warnings: Warning[] = [];
  const report = (event: Event) => {
    if (event.kind === "killing" || event.kind === "nobody") {
      const { selection, verdict } = event;
      const kind = event.kind === "killing" ? "kill" : "nobody";
      acts.push({ kind, atMs: kernel.nowMs(), verdict, selection });
    } else if (event.kind === "warned") {
      warnings.push({ atMs: kernel.nowMs(), event });
    }
  };
  kernel.at(forMs, Signal.SIGTERM);
  const warner = options.warn ? new KillWarner(NO_WARNINGS) : null;
  runDaemon(kernel, { options, inheritance: anInheritance() }, report, "story", warner);
  return { acts, warnings, recording: kernel.recording() };
}
