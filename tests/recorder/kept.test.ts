import { describe, expect, test } from "bun:test";
import { runDaemon } from "../../src/daemon.ts";
import type { Incident } from "../../src/model/incident.ts";
import type { Options } from "../../src/model/options.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { verdictLines } from "../../src/report/why-then.ts";
import { Signal } from "../../src/sys/sys.ts";
import { incidentsIn, machineThat } from "../helpers/incidents-of.ts";
import { anInheritance, someOptions } from "../helpers/nouns.ts";
import { SimulatedKernel } from "../helpers/simulated-kernel.ts";
import { watch } from "../helpers/watch.ts";

const MIB = 1024;

function killed(options: Partial<Options> = {}): Incident {
  const sys = machineThat(3_000);
  const { signals } = watch(sys, 15_000, options, { places: SYSTEM_PLACES });
  expect(signals).toHaveLength(1);
  return incidentsIn(sys)[0]!;
}

/** A leak on a machine of 1000 MiB, of which ZFS's cache has so much that it cannot give back. */
function leaked(arcMib: number): Incident {
  const hardware = { totalKib: 1000 * MIB, swapTotalKib: 0, swapKibPerS: 0, cacheShare: 0.5 };
  const kernel = new SimulatedKernel({ ...hardware, costMs: 0 }, [
    { process: { pid: 1, ppid: 0, comm: "init" }, course: { kind: "idle", sizeKib: 9 * MIB } },
    {
      process: { pid: 42, comm: "leak", bornAtMs: 1_000 },
      course: { kind: "leak", kibPerS: 200 * MIB, fromMs: 1_000 },
    },
  ]);
  const bytes = arcMib * MIB * 1024;
  const lines = ["13 1 0x01 1 2", "name type data", `c_min 4 ${bytes}`, `size 4 ${bytes}`, ""];
  kernel.files.set("/proc/spl/kstat/zfs/arcstats", lines.join("\n"));
  kernel.at(15_000, Signal.SIGTERM);
  const inheritance = anInheritance({ places: SYSTEM_PLACES });
  runDaemon(kernel, { options: someOptions({ trim: false }), inheritance }, () => {}, "1");
  return incidentsIn(kernel)[0]!;
}

describe("command lines", () => {
  test("are not kept, for they hold secrets", () => {
    expect(killed().selection?.victims[0]?.cmdline).toBe("");
    expect(JSON.stringify(killed())).not.toContain("s3cret");
  });

  test("of victims are kept where that is asked for, and of nobody else", () => {
    const incident = killed({ keepCmdline: true });
    expect(incident.selection?.victims[0]?.cmdline).toBe("hog -s3cret");
    expect(JSON.stringify(incident).match(/s3cret/g)).toHaveLength(1);
  });
});

describe("ZFS's cache", () => {
  const withTotal = (incident: Incident) => {
    const machine = { ...incident.machine, totalKib: 1000 * MIB };
    return verdictLines({ ...incident, machine }).join(" ");
  };

  test("is named with what belongs to no process, as large as it was", () => {
    const incident = leaked(300);
    expect(incident.attribution?.unownedKib.arc).toBe(300 * MIB);
    expect(withTotal(incident)).toContain(
      "ZFS's cache (ARC) held 300 MiB, which is no process's either.",
    );
  });

  test("is not spoken of where there is none, or next to none", () => {
    expect(leaked(10).attribution?.unownedKib.arc).toBe(10 * MIB);
    expect(withTotal(leaked(10))).not.toContain("ARC");
    expect(leaked(0).attribution?.unownedKib).toEqual({ shmem: 0, slab: 0, hugetlb: 0 });
  });
});
