import { Errno } from "../../src/model/errno.ts";
import { Signal, type Sys } from "../../src/sys/sys.ts";
import { PaperMachine, type Content } from "./paper-machine.ts";

export type Verb = {
  [K in keyof Sys]: Sys[K] extends (...args: never[]) => ArrayBuffer | number ? K : never;
}[keyof Sys];

const EBADF = 9;

const SIGNAL_NAMES = new Map<number, string>(Object.entries(Signal).map(([k, v]) => [v, k]));
const ERROR_NAMES = new Map<number, string>(Object.entries(Errno).map(([k, v]) => [v, k]));

/** What the verbs of the paper kernel are made of: cost, refusal, record, descriptors. */
export class PaperCalls extends PaperMachine {
  readonly text = new Uint8Array(65536);
  /** Grows when there are more: tests need no room for four million. */
  pids = new Int32Array(4096);
  readonly tids = new Int32Array(1024);
  /** Milliseconds that each call but `wait` takes. */
  costMs = 0;
  /** Verbs that fail, with the positive error number. */
  readonly refused = new Map<Verb, number>();
  /** Every call that changes something, with its time, and its error if it failed. */
  readonly calls: string[] = [];
  /** Open descriptors and what they stand for. */
  readonly open = new Map<number, string>();

  #nextFd = 3;

  protected spend(): void {
    this.atMs += this.costMs;
  }

  protected unlessRefused(verb: Verb, natural: () => number): number {
    this.spend();
    const errno = this.refused.get(verb) ?? 0;
    return errno > 0 ? -errno : natural();
  }

  /** Records a call; its refusal, or else its natural result. */
  protected did(verb: Verb, what: string, natural = 0): number {
    const atMs = Math.round(this.atMs);
    const result = this.unlessRefused(verb, () => natural);
    const error = result < 0 ? ` ${ERROR_NAMES.get(-result) ?? -result}` : "";
    this.calls.push(`${atMs}ms ${what}${error}`);
    return result;
  }

  protected signalled(verb: Verb, whom: string, pids: readonly number[], signal: number): number {
    const living = pids.flatMap((pid) => this.living(pid) ?? []);
    const willing = living.filter((process) => process.refuses !== true);
    const natural = living.length === 0 ? -Errno.ESRCH : willing.length === 0 ? -Errno.EPERM : 0;
    if (signal === 0) {
      return this.unlessRefused(verb, () => natural);
    }
    const result = this.did(verb, `${SIGNAL_NAMES.get(signal) ?? signal} ${whom}`, natural);
    for (const process of result < 0 ? [] : willing) {
      this.deliver(process, signal);
    }
    return result;
  }

  protected opened(what: string): number {
    this.open.set(this.#nextFd, what);
    return this.#nextFd++;
  }

  protected pidOf(pidfd: number): number {
    const what = this.open.get(pidfd) ?? "";
    if (!what.startsWith("pidfd ")) {
      throw new Error(`descriptor ${pidfd} is no pidfd`);
    }
    return Number(what.slice("pidfd ".length));
  }

  protected listPids(pids: readonly number[]): number {
    if (pids.length >= this.pids.length) {
      this.pids = new Int32Array(pids.length * 2);
    }
    this.pids.set(pids);
    return pids.length;
  }

  protected listTids(tids: readonly number[]): number {
    this.tids.set(tids.slice(0, this.tids.length));
    return Math.min(tids.length, this.tids.length);
  }

  protected readPart(fd: number, bytes: number, offset: number): number {
    const path = this.open.get(fd);
    return path === undefined ? -EBADF : this.fill(this.contentOf(path), bytes, offset);
  }

  /** Puts content into `text` as pread(2) would; its length, or its error. */
  protected fill(content: Content, maxBytes = this.text.length, offset = 0): number {
    if (typeof content === "number") {
      return content;
    }
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const part = bytes.subarray(offset, offset + Math.min(maxBytes, this.text.length));
    this.text.set(part);
    return part.length;
  }
}
