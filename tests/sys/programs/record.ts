/** Keeps a flight recorder of this machine at the path it is given, until somebody ends it. */
import { Mark } from "../../../src/model/recorded.ts";
import { emptyReading } from "../../../src/model/reading.ts";
import { lookClosely, openMachine } from "../../../src/watch/look.ts";
import { recordLook } from "../../../src/recorder/looks.ts";
import { noteStart, openRing } from "../../../src/recorder/ring.ts";
import { linux } from "../../../src/sys/linux.ts";

const LOOK_MS = 20;

const ring = openRing(linux, process.argv.at(-1) ?? "");
if (typeof ring === "number") {
  throw new TypeError(`no ring: ${ring}`);
}
noteStart(ring, process.pid, false);
const machine = openMachine(linux);
const reading = emptyReading();
for (let marks: number = Mark.START; ; marks = 0) {
  lookClosely(linux, machine, reading);
  recordLook(ring, reading, marks, -1);
  linux.wait(LOOK_MS);
}
