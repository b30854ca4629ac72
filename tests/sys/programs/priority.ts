/** Prints what raising its own priority came to, its nice value after that, and its policy. */
import { linux } from "../../../src/sys/linux.ts";
import { howItRuns } from "./how-it-runs.ts";

const result = linux.raisePriority();
console.log(`${result} ${howItRuns()}`);
