// Starts itself beside itself; the other one writes down what it was given, and ends at once.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { linux } from "../../../src/sys/linux.ts";
import { howItRuns } from "./how-it-runs.ts";

const [as = "", file = ""] = process.argv.slice(2);

function inherited(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes("bustd-beside") ? [fd] : [];
    } catch {
      return [];
    }
  });
}

if (as === "first") {
  linux.raisePriority();
  linux.watchSignals();
  const held = linux.holdPidFile(file);
  const pid = linux.startBeside([import.meta.path, "second", file], ["WORD=two words"]);
  linux.write(1, `started ${pid > 1} ${held > 2}\n`);
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  for (let waited = 0; waited < 100 && children() !== ""; waited++) {
    linux.wait(100);
  }
  const policy = howItRuns().slice(-1);
  linux.write(1, `children "${children()}", held still ${inherited().length}, ${policy}\n`);
} else {
  const status = readFileSync("/proc/self/status", "utf8");
  const blocked = /^SigBlk:\s*(\w+)/m.exec(status)?.[1];
  const ignored = Number.parseInt(/^SigIgn:\s*\w*(\w{5})$/m.exec(status)?.[1] ?? "0", 16);
  const names = Object.keys(process.env).join(" ");
  const isChildIgnored = (ignored & (1 << 16)) !== 0;
  const word = process.env["WORD"];
  const held = `${inherited().length} held`;
  const policy = `policy ${howItRuns().slice(-1)}`;
  linux.write(1, `${names}=${word}, ${held}, ${blocked} ${isChildIgnored}, ${policy}\n`);
}
