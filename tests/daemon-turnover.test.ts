import { expect, test } from "bun:test";
import { PF_FORKNOEXEC } from "../src/model/process.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { UP_AT_START_S } from "./helpers/kernel-texts.ts";
import { watch } from "./helpers/watch.ts";

const MIB = 1024;
const GIB = 1024 * MIB;
const TOTAL_KIB = 8 * GIB;
const LEAK_PID = 43;
const STEP_MS = 50;
const WORKERS = 8;

interface Work {
  readonly comm: string;
  readonly sizeKib: number;
  readonly lifeMs: number;
  readonly flags?: number;
}

/**
 * Workers that come and go, each in the place of one before, beside an editor and one that leaks
 * from the 20th second on.
 */
class Workshop extends FakeSys {
  readonly #work: Work;
  readonly #workers: { pid: number; bornMs: number }[];
  #nextPid = 2000;
  #steppedMs = 0;

  constructor(work: Work) {
    super();
    this.#work = work;
    this.#workers = Array.from({ length: WORKERS }, (_item, i) => ({
      pid: 1000 + i,
      bornMs: (i * work.lifeMs) / WORKERS,
    }));
    this.add(
      { pid: 40, comm: "parent", startMs: 1000, anonKib: 20 * MIB },
      { pid: 42, comm: "editor", startMs: 1000, anonKib: 2 * GIB },
      { pid: LEAK_PID, comm: "leak", startMs: 1000, anonKib: 100 * MIB },
    );
    this.costMs = 0.01;
    this.machine = () => this.#now();
  }

  #now() {
    for (; this.#steppedMs <= this.atMs; this.#steppedMs += STEP_MS) {
      const leak = this.living(LEAK_PID);
      if (this.#steppedMs >= 20_000 && leak !== undefined) {
        leak.anonKib = (leak.anonKib ?? 0) + (20 * MIB * STEP_MS) / 1000;
      }
      for (const worker of this.#workers) {
        this.#go(worker);
      }
    }
    let availableKib = TOTAL_KIB;
    for (const { anonKib = 0, pid } of this.processes.values()) {
      availableKib -= this.living(pid) === undefined ? 0 : anonKib;
    }
    return { totalKib: TOTAL_KIB, availableKib: Math.max(0, availableKib) };
  }

  /** One grows for half its life, and is replaced when that is over. */
  #go(worker: { pid: number; bornMs: number }): void {
    const { comm, flags = 0, lifeMs, sizeKib } = this.#work;
    const ageMs = this.#steppedMs - worker.bornMs;
    if (ageMs < 0) {
      return;
    }
    const process = this.living(worker.pid);
    if (process !== undefined && ageMs < lifeMs) {
      process.anonKib = Math.min(sizeKib, Math.round((sizeKib * 2 * ageMs) / lifeMs));
      return;
    }
    if (process !== undefined) {
      this.change(worker.pid, { endsAtMs: this.#steppedMs });
    }
    worker.bornMs = this.#steppedMs;
    worker.pid = this.#nextPid++;
    const startMs = 1000 * UP_AT_START_S + worker.bornMs;
    const tie = { ppid: 40, pgid: 40, sessionId: 39, uid: 1000 };
    this.add({ pid: worker.pid, comm, flags, startMs, ...tie, anonKib: 0 });
  }
}

test.each<Work>([
  { comm: "compiler", sizeKib: 400 * MIB, lifeMs: 8000 },
  { comm: "pool worker", sizeKib: 300 * MIB, lifeMs: 60_000, flags: PF_FORKNOEXEC },
])("a leak is killed, and none of %o, who only replace each other", (work) => {
  const { signals } = watch(new Workshop(work), 250_000);
  expect([...new Set(signals.map((signal) => Number(signal.split(" ")[2])))]).toEqual([LEAK_PID]);
});
