// Takes 64 MiB, then ends its first thread only: the others go on with the memory.
import { libc } from "../../../src/sys/libc.ts";
import { linux } from "../../../src/sys/linux.ts";

const SYS_EXIT = process.arch === "arm64" ? 93 : 60;

const block = new Uint8Array(64 * 1024 * 1024).fill(1);
// Its thread blocks for as long as the process lives.
const worker = new Worker("data:text/javascript,postMessage(0); for (;;) Bun.sleepSync(1000);");
await new Promise((resolve) => worker.addEventListener("message", resolve));
linux.write(1, `ready ${block.length}\n`);
libc.syscall(SYS_EXIT, 0, 0, 0, 0, 0);
