import { FakeSys } from "./fake-sys.ts";
import type { Content } from "./paper-machine.ts";
import { type Actor, type Hardware, SimulatedMachine } from "./simulated-machine.ts";

/** The kernel on paper with a memory behind it that goes on with the clock. */
export class SimulatedKernel extends FakeSys {
  readonly simulated: SimulatedMachine;

  constructor(hardware: Hardware, actors: readonly Actor[]) {
    super();
    this.costMs = hardware.costMs;
    // As /proc lists them.
    this.add(...actors.map(({ process }) => process).toSorted((a, b) => a.pid - b.pid));
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

  override wait(timeoutMs: number): number {
    const wake = super.wait(timeoutMs);
    this.simulated.advance(this.atMs);
    return wake;
  }

  override listProcesses(): number {
    this.simulated.advance(this.atMs);
    return super.listProcesses();
  }

  protected override contentOf(path: string): Content {
    this.simulated.advance(this.atMs);
    return super.contentOf(path);
  }
}
