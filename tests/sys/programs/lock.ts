// Locks memory; says the result, and VmLck and VmRSS in KiB. With "limited" first gives up its
// rights beyond 64 KiB, and locks one page.
import { ptr } from "bun:ffi";
import { linux } from "../../../src/sys/linux.ts";
import { decode } from "../../../src/readings/text.ts";

function kibOf(name: string): number {
  const status = decode(linux.text, linux.readProcessFile(linux.ownPid(), "status"));
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
}

const block = new Uint8Array(1024 * 1024).fill(7);
const pageBytes = linux.pageKib * 1024;
const address = Math.ceil((ptr(block) as number) / pageBytes) * pageBytes;
const result =
  process.argv[2] === "page" ? linux.lockRange({ address, bytes: pageBytes }) : linux.lockMemory();
linux.write(1, `${result} ${kibOf("VmLck")} ${kibOf("VmRSS")} ${block[0]}\n`);
