// Holds a pid file until it is killed; with a word more, after it has restarted itself.
import { linux } from "../../../src/sys/linux.ts";

const [path = "", restarts] = process.argv.slice(2);
const held = linux.readHandover(Number(process.env["BUSTD_OPTIONS_FD"] ?? -1));
const fd = held ?? String(linux.holdPidFile(path));
if (held === null && restarts !== undefined) {
  linux.restart("BUSTD_OPTIONS_FD", fd, [import.meta.path, path]);
}
linux.write(1, `${fd}\n`);
linux.wait(60_000);
