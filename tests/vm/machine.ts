import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, searchPath, type Laboratory } from "./lab.ts";

/** Where a plan ends and the record begins on the exchange disk; see guest/init.c. */
const planBytes = 65_536;

/** How a machine is equipped. */
export interface Equipment {
  /** Memory in MiB. */
  ramMib: number;
  /** Swap: none, a 512 MiB partition of the throttled disk, or 512 MiB of zram. */
  swap: Swap;
  /** More words for the kernel's command line, such as `psi=0`. */
  kernelOptions?: string;
}

export const swaps = ["none", "disk", "zram"] as const;
export type Swap = (typeof swaps)[number];
const swapMib = 512;

/** Bytes and requests a second of the one disk behind root, swap and files: without a limit
 * swapping would be as fast as the host's page cache. */
const disk = { bytesPerSecond: 40_000_000, requestsPerSecond: 4000 };

function drive(id: string, file: string, more: string): string[] {
  const options = `file=${file},if=none,id=${id},format=raw,cache=unsafe,${more}`;
  return ["-drive", options, "-device", `virtio-blk-pci,drive=${id}`];
}

function machineCommand(lab: Laboratory, equipment: Equipment, folder: string): string[] {
  const limits =
    `throttling.group=disk,throttling.bps-total=${disk.bytesPerSecond},` +
    `throttling.iops-total=${disk.requestsPerSecond}`;
  const words = ["console=ttyS0", "quiet", "loglevel=3", "panic=-1", equipment.kernelOptions ?? ""];
  const swapDisk = drive("swap", join(folder, "swap"), limits);
  return [
    ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"],
    ["-m", String(equipment.ramMib), "-nodefaults", "-no-user-config", "-display", "none"],
    ["-no-reboot", "-kernel", lab.kernel, "-initrd", lab.initramfs, "-append", words.join(" ")],
    ["-serial", `file:${join(folder, "console")}`],
    drive("root", lab.disk, `snapshot=on,${limits}`),
    drive("exchange", join(folder, "exchange"), "discard=off"),
    drive("bulk", lab.bulk, `readonly=on,${limits}`),
    equipment.swap === "disk" ? swapDisk : [],
  ].flat();
}

function sparse(path: string, bytes: number, head = ""): void {
  writeFileSync(path, head);
  truncateSync(path, bytes);
}

/** Two chains of machines in this process, each machine waiting for the one before it. */
const chains: [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];
let started = 0;

/** Runs a machine in one of two places that all processes share: more at once would starve each
 * other's processors. Says false if others have both. */
async function runInPlace(command: string[], limitMs: number): Promise<boolean> {
  const busy = 75;
  for (const place of ["place-1", "place-2"]) {
    const lock = ["flock", "--no-fork", "-n", "-E", String(busy), join(cache, place)];
    const child = Bun.spawn([...lock, ...command], {
      env: { ...process.env, PATH: searchPath() },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const alarm = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const code = await child.exited;
    clearTimeout(alarm);
    if (code === busy) continue;
    if (code) throw new Error(`QEMU: ${await new Response(child.stderr).text()}`.slice(0, 1000));
    return true;
  }
  return false;
}

async function runWhenFree(command: string[], limitMs: number): Promise<void> {
  const chain = started++ % 2;
  const run = chains[chain]!.then(async () => {
    while (!(await runInPlace(command, limitMs))) await Bun.sleep(500);
  });
  chains[chain] = run.catch(() => {});
  await run;
}

/** Boots a machine, lets it play the plan (see guest/init.c) and answers with its record and
 * console. An empty record means that it hung or crashed: the console tells. */
export async function runMachine(
  lab: Laboratory,
  equipment: Equipment,
  plan: string,
  limitMs: number,
): Promise<{ record: string; console: string }> {
  const runs = join(cache, "runs");
  mkdirSync(runs, { recursive: true });
  const folder = mkdtempSync(join(runs, "run-"));
  try {
    const swapLine = { none: "", disk: `diskswap ${swapMib}\n`, zram: `zramswap ${swapMib}\n` };
    sparse(join(folder, "exchange"), 8 << 20, swapLine[equipment.swap] + plan);
    if (equipment.swap === "disk") sparse(join(folder, "swap"), swapMib << 20);
    await runWhenFree(machineCommand(lab, equipment, folder), limitMs);
    const bytes = readFileSync(join(folder, "exchange")).subarray(planBytes);
    const end = bytes.indexOf(0);
    return {
      record: bytes.subarray(0, end < 0 ? undefined : end).toString(),
      console: readFileSync(join(folder, "console"), "utf8"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
