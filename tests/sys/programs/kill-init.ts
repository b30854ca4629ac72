// Asks whether it may signal process 1, by each way there is.
import { linux } from "../../../src/sys/linux.ts";

const pidfd = linux.openPidfd(1);
const results = [linux.sendSignal(pidfd, 0), linux.signalProcess(1, 0), linux.releaseMemory(pidfd)];
linux.write(1, `${pidfd >= 0} ${results.join(" ")}\n`);
