// Holds a pid file until it is killed.
import { linux } from "../../../src/sys/linux.ts";

const [path = ""] = process.argv.slice(2);
linux.write(1, `${linux.holdPidFile(path)}\n`);
linux.wait(60_000);
