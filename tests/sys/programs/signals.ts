// Says which signals came, in order, until SIGTERM.
import { Signal, Source } from "../../../src/sys/sys.ts";
import { linux } from "../../../src/sys/linux.ts";

linux.write(1, `${linux.watchSignals()}\n`);
for (;;) {
  const wake = linux.wait(10_000);
  for (let signal = linux.nextSignal(); signal !== 0; signal = linux.nextSignal()) {
    const sender = linux.signalSender();
    const from = sender === null ? "" : ` of ${sender.uid} with ${sender.value}`;
    linux.write(1, `${(wake & Source.signals) !== 0 ? "woken by" : "found"} ${signal}${from}\n`);
    if (signal === Signal.SIGTERM) {
      process.exit(0);
    }
  }
}
