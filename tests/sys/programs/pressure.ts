// Registers triggers, then waits: argv is pairs of stall and window in microseconds.
import { linux } from "../../../src/sys/linux.ts";

const numbers = process.argv.slice(2).map(Number);
for (let at = 0; at < numbers.length; at += 2) {
  linux.write(1, `${linux.watchPressure(numbers[at] ?? 0, numbers[at + 1] ?? 0)}\n`);
}
const startMs = linux.nowMs();
const wake = linux.wait(100);
linux.write(1, `${wake} ${linux.nowMs() - startMs >= 100}\n`);
