/** Prints what raising its own priority came to, and its nice value after that. */
import { readFileSync } from "node:fs";
import { linux } from "../../../src/sys/linux.ts";

const result = linux.raisePriority();
const afterComm = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1) ?? "";
console.log(`${result} ${afterComm.split(" ")[16]}`);
