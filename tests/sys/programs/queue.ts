// Sends SIGUSR2 with a value to a process; says 0, or the negative error number.
import { linux } from "../../../src/sys/linux.ts";
import { sendValue } from "../../../src/sys/queued.ts";
import { Signal } from "../../../src/sys/sys.ts";

const [pid = 0, value = 0] = process.argv.slice(2).map(Number);
linux.write(1, `${sendValue(linux.openPidfd(pid), Signal.SIGUSR2, value)}\n`);
