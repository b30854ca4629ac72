// Registers triggers, then waits: argv is pairs of stall and window in microseconds. Says last for
// how many microseconds tasks have stalled meanwhile.
import { readFileSync } from "node:fs";
import { linux } from "../../../src/sys/linux.ts";

function stalledUs(): number {
  const text = readFileSync("/proc/pressure/memory", "utf8");
  return Number(/^some .* total=(\d+)$/m.exec(text)?.[1]);
}

const beforeUs = stalledUs();
const numbers = process.argv.slice(2).map(Number);
for (let at = 0; at < numbers.length; at += 2) {
  linux.write(1, `${linux.watchPressure(numbers[at] ?? 0, numbers[at + 1] ?? 0)}\n`);
}
const startMs = linux.nowMs();
const wake = linux.wait(100);
linux.write(1, `${wake} ${linux.nowMs() - startMs >= 100}\n`);
linux.write(1, `${stalledUs() - beforeUs}\n`);
