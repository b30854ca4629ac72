import { FakeSys } from "./fake-sys.ts";
import type { Actor, Hardware } from "./hardware.ts";
import { UP_AT_START_S } from "./kernel-texts.ts";
import type { Content } from "./paper-machine.ts";
import type { PaperProcess } from "./paper-process.ts";
import { SimulatedMachine } from "./simulated-machine.ts";

/** Who is born while the clock runs has started then. */
function bornOf(process: PaperProcess): PaperProcess {
  const { bornAtMs } = process;
  return bornAtMs === undefined
    ? process
    : { ...process, startMs: 1000 * UP_AT_START_S + bornAtMs };
}

/** The kernel on paper with a memory behind it that goes on with the clock. */
export class SimulatedKernel extends FakeSys {
  readonly simulated: SimulatedMachine;
  readonly hardware: Hardware;

  constructor(hardware: Hardware, actors: readonly Actor[]) {
    super();
    this.hardware = hardware;
    this.costMs = hardware.costMs;
    // As /proc lists them.
    this.add(...actors.map(({ process }) => bornOf(process)).toSorted((a, b) => a.pid - b.pid));
    const own = actors.map((actor) => ({
      ...actor,
      process: this.processes.get(actor.process.pid) ?? actor.process,
    }));
    const simulated = new SimulatedMachine(hardware, own);
    this.simulated = simulated;
    this.machine = ({ atMs }) => {
      simulated.advance(atMs);
      return simulated.reading();
    };
  }

  protected override ramAndSwapKib(): number {
    const { swapTotalKib, totalKib } = this.hardware;
    return totalKib + swapTotalKib;
  }

  override wait(timeoutMs: number): number {
    const wake = super.wait(timeoutMs);
    this.simulated.advance(this.atMs);
    return wake;
  }

  override listProcesses(isMore: boolean): number {
    this.simulated.advance(this.atMs);
    return super.listProcesses(isMore);
  }

  protected override contentOf(path: string): Content {
    this.simulated.advance(this.atMs);
    return super.contentOf(path);
  }
}
