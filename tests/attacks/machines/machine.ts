import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  cache,
  kernelRelease,
  missingTools,
  prepareLaboratory,
  type Laboratory,
} from "../../vm/lab.ts";
import { runMachine, usualEquipment, type Equipment } from "../../vm/machine.ts";
import { readRecord, type VmResult } from "../../vm/record.ts";
import { machineMs, planOf, type Attack } from "./attack.ts";
import { attackers, built } from "../compile.ts";
import type { Rights } from "../rights.ts";

const here = import.meta.dir;
const executable = resolve(here, "../../../dist/bustd");

/** What is missing for attacks in a virtual machine; empty when all is there. */
export function missingForMachines(): string[] {
  const systemd = Bun.which("systemd-analyze") ? [] : ["systemd-analyze"];
  return [...missingTools(), ...systemd, ...(existsSync(executable) ? [] : ["dist/bustd"])];
}

/** The kernel's module for FUSE, as the guest can load it. */
function fuseModule(): string {
  const folder = join(cache, "kernel/lib/modules", kernelRelease() ?? "", "kernel/fs/fuse");
  const name = readdirSync(folder).find((entry) => entry.startsWith("fuse.ko")) ?? "fuse.ko";
  if (name === "fuse.ko") return join(folder, name);
  const output = join(built, `${kernelRelease()}-fuse.ko`);
  const tool = name.endsWith(".xz") ? "xz" : "zstd";
  writeFileSync(output, Bun.spawnSync([tool, "-dc", join(folder, name)]).stdout);
  return output;
}

function laboratory(): Laboratory {
  return prepareLaboratory([
    { from: executable, to: "/bin/bustd" },
    { from: attackers(), to: "/bin/attacks" },
    { from: fuseModule(), to: "/bin/fuse.ko" },
  ]);
}

/** What the machines have: a clock that feels nothing of the host's load, for two seconds are two
 * seconds, and no ERMS and REP_GOOD (arch/x86/include/asm/cpufeatures.h): with these the kernel
 * clears pages byte by byte, which takes an emulated processor ten times as long. */
const equipment: Equipment = {
  ...usualEquipment,
  clock: "instructions",
  kernelOptions: "clearcpuid=112,297",
};

/** Plays an attack on a daemon with these rights, in a machine of its own. */
export async function play(attack: Attack, rights: Rights): Promise<VmResult> {
  const plan = planOf(attack, rights);
  const own = { ...equipment, ramMib: attack.ramMib ?? equipment.ramMib };
  const machine = await runMachine(laboratory(), own, plan, machineMs(attack));
  const { console: said, record } = machine;
  if (record.includes("\nZ ")) return readRecord(record);
  throw new Error(`the machine hung or crashed:\n${said.slice(-2000)}`);
}
