/** `bustd doctor` on a kernel that lacks something; what it says elsewhere is in tests/cli/. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { missingTools, prepareLaboratory } from "./lab.ts";
import { runMachine, usualEquipment } from "./machine.ts";
import { readRecord } from "./record.ts";

const executable = resolve(import.meta.dir, "../../dist/bustd");
const missing = [...missingTools(), ...(existsSync(executable) ? [] : ["dist/bustd"])];
const why = missing.length > 0 ? ` (left out: ${missing.join(", ")} missing)` : "";
const timeoutMs = 900_000;

test.skipIf(why !== "")(
  `doctor tells that PSI is switched off, and how to get it${why}`,
  async () => {
    const lab = prepareLaboratory([{ from: executable, to: "/bin/bustd" }]);
    const plan = "deadline 15000\ndaemon 0 0 0 0 0 doctor\t/bin/bustd\tdoctor\n";
    const equipment = { ...usualEquipment, ramMib: 512, kernelOptions: "psi=0" };
    const { record } = await runMachine(lab, equipment, plan, 120_000);
    const { daemon } = readRecord(record);
    const said = daemon.log.map(({ text }) => text.replaceAll(/ +/g, " "));
    const at = said.indexOf("limited pressure there is no PSI");
    expect(at, said.join("\n")).toBeGreaterThan(0);
    expect(said[at + 1]).toStartWith(" boot with psi=1, ");
    expect(said).toContain("limited PSI trigger none can be registered");
    expect(said).toContain("ok killing a child of our own was killed and seen gone");
    const limited = 1;
    expect(daemon.exit, "its wait status").toBe(limited << 8);
  },
  timeoutMs,
);
