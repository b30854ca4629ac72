import type { Handover } from "../../src/model/handover.ts";

/** What the soaked daemon is started with, also when it starts itself again. */
export interface SoakState {
  readonly handover: Handover;
  /** After so many looks each it writes its own /proc/self/status to descriptor 3. */
  readonly sampleTicks: number;
  /** It ends after so many looks; 0 for never. */
  readonly endTicks: number;
  /** The looks and the choices of a victim so far. */
  readonly ticks: number;
  readonly selections: number;
  /** How far its clock was put forward. */
  readonly aheadMs: number;
}
