import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, searchPath, type Laboratory } from "./lab.ts";

/** Where a plan ends and the record begins on the exchange disk; see guest/init.c. */
const planBytes = 65_536;
/** Where the course is on it, and how big it is; see guest/plan.h. */
const courseOffset = 4 << 20;
const exchangeBytes = 16 << 20;

export const swaps = ["none", "disk", "zram"] as const;
export type Swap = (typeof swaps)[number];
export const lrus = ["classic", "mglru"] as const;
export type Lru = (typeof lrus)[number];
export const clocks = ["host", "instructions"] as const;
export type Clock = (typeof clocks)[number];

/** How a machine is equipped. */
export interface Equipment {
  /** Memory in MiB, up to 8192. */
  ramMib: number;
  /** Swap: none, a partition of the throttled disk, or zram. */
  swap: Swap;
  /** Its size, of zram before compression. */
  swapMib: number;
  /** How the kernel finds pages to evict. */
  lru: Lru;
  /** Bytes a second of the one disk behind root, swap and files, and a request for every 10,000 of
   * them: without a limit swapping would be as fast as the host's page cache. */
  diskBytesPerSecond: number;
  cpus: number;
  /** The host's, or one that counts instructions and feels little of the host's load: it is then a
   * machine of one processor. The disk's speed is the host's in both. */
  clock: Clock;
  /** More words for the kernel's command line, such as `psi=0`. */
  kernelOptions: string;
}

/** What a machine has unless told. */
export const usualEquipment: Equipment = {
  ramMib: 1024,
  swap: "none",
  swapMib: 512,
  lru: "classic",
  diskBytesPerSecond: 40_000_000,
  cpus: 2,
  clock: "host",
  kernelOptions: "",
};

function drive(id: string, file: string, more: string): string[] {
  const options = `file=${file},if=none,id=${id},format=raw,cache=unsafe,${more}`;
  return ["-drive", options, "-device", `virtio-blk-pci,drive=${id}`];
}

function processors({ clock, cpus }: Equipment): string[] {
  if (clock === "host") return ["-accel", "tcg,thread=multi", "-smp", String(cpus)];
  // An instruction takes 2^2 ns. With more processors it hangs when it boots.
  return ["-accel", "tcg,thread=single", "-icount", "shift=2,sleep=on", "-smp", "1"];
}

function machineCommand(lab: Laboratory, equipment: Equipment, folder: string): string[] {
  const bytes = equipment.diskBytesPerSecond;
  const rates = { "bps-total": bytes, "iops-total": Math.ceil(bytes / 10_000) };
  const limits = Object.entries({ group: "disk", ...rates })
    .map(([name, value]) => `throttling.${name}=${value}`)
    .join();
  const words = ["console=ttyS0", "quiet", "loglevel=3", "panic=-1", equipment.kernelOptions];
  const swapDisk = drive("swap", join(folder, "swap"), limits);
  return [
    ["qemu-system-x86_64", ...processors(equipment), "-cpu", "max"],
    ["-m", String(equipment.ramMib), "-nodefaults", "-no-user-config", "-display", "none"],
    ["-no-reboot", "-kernel", lab.kernel, "-initrd", lab.initramfs, "-append", words.join(" ")],
    ["-serial", `file:${join(folder, "console")}`],
    drive("root", lab.disk, `snapshot=on,${limits}`),
    drive("exchange", join(folder, "exchange"), "discard=off"),
    drive("bulk", lab.bulk, `readonly=on,${limits}`),
    equipment.swap === "disk" ? swapDisk : [],
  ].flat();
}

/** The plan's lines that make what QEMU does not. */
function equipmentLines({ lru, swap, swapMib }: Equipment): string {
  const swapLine = swap === "none" ? "" : `${swap}swap ${swapMib}\n`;
  return `lru ${lru === "mglru" ? "y" : "n"}\n${swapLine}`;
}

function sparse(path: string, bytes: number, head = ""): void {
  writeFileSync(path, head);
  truncateSync(path, bytes);
}

/** Two chains of machines in this process, each machine waiting for the one before it. */
const chains: [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];
let started = 0;

/** The machine did not come to its end: a processor has not come back for minutes, or all hang. */
class Hung extends Error {}

/** Runs a machine in one of two places that all processes share: more at once would starve each
 * other's processors. Says false if others have both. */
async function runInPlace(
  command: string[],
  limitMs: number,
  isLockedUp: () => boolean,
): Promise<boolean> {
  const busy = 75;
  for (const place of ["place-1", "place-2"]) {
    const lock = ["flock", "--no-fork", "-n", "-E", String(busy), join(cache, place)];
    const child = Bun.spawn([...lock, ...command], {
      env: { ...process.env, PATH: searchPath() },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const alarm = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const watch = setInterval(() => isLockedUp() && child.kill("SIGKILL"), 5000);
    const code = await child.exited;
    clearTimeout(alarm);
    clearInterval(watch);
    if (code === busy) continue;
    if (child.signalCode === "SIGKILL") {
      if (isLockedUp()) throw new Hung("the machine's processors are locked up");
      const reasons = "the host is too busy, or its processors hang";
      throw new Hung(`the machine did not end within ${limitMs / 1000} s: ${reasons}`);
    }
    if (code) throw new Error(`QEMU: ${await new Response(child.stderr).text()}`.slice(0, 1000));
    return true;
  }
  return false;
}

async function runWhenFree(
  command: string[],
  limitMs: number,
  isLockedUp: () => boolean,
): Promise<void> {
  const chain = started++ % 2;
  const run = chains[chain]!.then(async () => {
    while (!(await runInPlace(command, limitMs, isLockedUp))) await Bun.sleep(500);
  });
  chains[chain] = run.catch(() => {});
  await run;
}

/** What is left of a machine that played its plan. */
interface Remains {
  /** Empty when the machine hung or crashed: the console tells. */
  record: string;
  console: string;
  /** See course.ts; empty unless the plan asks for it. */
  course: Uint8Array;
}

/**
 * Boots a machine and lets it play the plan; see guest/init.c. One of several processors is booted
 * once more when it hangs: emulated ones may wait for each other for ever (seen twice, with two).
 */
export async function runMachine(
  lab: Laboratory,
  equipment: Equipment,
  plan: string,
  limitMs: number,
): Promise<Remains> {
  try {
    return await bootMachine(lab, equipment, plan, limitMs);
  } catch (error) {
    if (!(error instanceof Hung) || equipment.clock !== "host") throw error;
    return await bootMachine(lab, equipment, plan, limitMs);
  }
}

async function bootMachine(
  lab: Laboratory,
  equipment: Equipment,
  plan: string,
  limitMs: number,
): Promise<Remains> {
  const runs = join(cache, "runs");
  mkdirSync(runs, { recursive: true });
  const folder = mkdtempSync(join(runs, "run-"));
  const consoleText = () => readFileSync(join(folder, "console"), "utf8");
  const isLockedUp = () => /soft lockup - CPU#\d+ stuck for \d{3,}s/.test(consoleText());
  try {
    sparse(join(folder, "exchange"), exchangeBytes, equipmentLines(equipment) + plan);
    if (equipment.swap === "disk") sparse(join(folder, "swap"), equipment.swapMib << 20);
    writeFileSync(join(folder, "console"), "");
    await runWhenFree(machineCommand(lab, equipment, folder), limitMs, isLockedUp);
    const bytes = readFileSync(join(folder, "exchange"));
    const record = bytes.subarray(planBytes, courseOffset);
    const end = record.indexOf(0);
    const courseBytes = Number(bytes.readBigUInt64LE(courseOffset));
    return {
      record: record.subarray(0, end < 0 ? undefined : end).toString(),
      course: bytes.subarray(courseOffset + 8, courseOffset + Math.max(8, courseBytes)),
      console: consoleText(),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
