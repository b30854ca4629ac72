import { emptyHolders } from "../model/holders.ts";
import type { Reading } from "../model/reading.ts";
import { emptySizes } from "../model/sizes.ts";
import { NO_GROWTH } from "../readings/locked.ts";
import { parseArcstats } from "../readings/memory.ts";
import { emptyReading } from "../model/reading.ts";
import { parsePressure } from "../readings/pressure.ts";
import { scan } from "../readings/processes.ts";
import { key, type Key, numberOf } from "../readings/text.ts";
import type { Sys } from "../sys/sys.ts";
import { type Header, MEMINFO_FIELDS, type Moment, type Process, VMSTAT_FIELDS } from "./fields.ts";

const MEMINFO_KEYS = MEMINFO_FIELDS.map((name) => [name, key(`${name}:`)] as const);
const VMSTAT_KEYS = VMSTAT_FIELDS.map((name) => [name, key(`${name} `)] as const);

/** All of a process's shared memory is new to who knew nobody before. */
const NOBODY_BEFORE = { ...emptySizes(1), bootMs: -1 };
const EVERYTHING = {
  exe: true,
  exeProtects: false,
  cmdline: false,
  cmdlineRules: false,
} as const;

/** Sees a machine as it is to be recorded; files stay open, so that a look allocates little. */
export class Observer {
  readonly #sys: Sys;
  readonly #isOldScale: boolean;
  readonly #meminfoFd: number;
  readonly #vmstatFd: number;
  readonly #pressureFd: number;
  readonly #arcstatsFd: number;
  readonly #pressure: Reading = emptyReading();
  readonly #beganMs: number;
  #processes: ReadonlyMap<number, Process> = new Map();

  constructor(sys: Sys, isOldScale: boolean) {
    this.#sys = sys;
    this.#isOldScale = isOldScale;
    this.#meminfoFd = sys.openToRead("/proc/meminfo");
    this.#vmstatFd = sys.openToRead("/proc/vmstat");
    this.#pressureFd = sys.openToRead("/proc/pressure/memory");
    this.#arcstatsFd = sys.openToRead("/proc/spl/kstat/zfs/arcstats");
    this.#beganMs = sys.nowMs();
  }

  /** What the recording begins with; `ownPid` is never a victim. */
  header(ownPid: number, about: string): Header {
    const sys = this.#sys;
    const totals = { totalKib: 0, freeKib: 0, swapTotalKib: 0, swapFreeKib: 0 };
    sys.readMemoryTotals(totals);
    return {
      kernel: sys.systemName().release,
      pageKib: sys.pageKib,
      atMs: this.#beganMs,
      bootMs: sys.bootMs(),
      wallMs: sys.wallMs(),
      ramKib: Math.round(totals.totalKib),
      ownPid,
      about,
    };
  }

  /** Memory and stalls now, with the processes as they were looked at last. */
  look(): Moment {
    const sys = this.#sys;
    const meminfo = this.#table(this.#meminfoFd, MEMINFO_KEYS);
    const vmstat = this.#table(this.#vmstatFd, VMSTAT_KEYS);
    const length = this.#pressureFd < 0 ? -1 : sys.readFromStart(this.#pressureFd);
    const hasPressure = parsePressure(sys.text, length, this.#pressure);
    const { fullTotalUs, someAvg10, someTotalUs } = this.#pressure;
    const arcLength = this.#arcstatsFd < 0 ? -1 : sys.readFromStart(this.#arcstatsFd);
    return {
      atMs: sys.nowMs() - this.#beganMs,
      meminfo,
      vmstat,
      some: hasPressure ? { avg10: someAvg10, totalUs: someTotalUs } : null,
      full: hasPressure ? { avg10: 0, totalUs: fullTotalUs } : null,
      arcKib: arcLength < 0 ? 0 : Math.round(parseArcstats(sys.text, arcLength)),
      processes: this.#processes,
    };
  }

  #table(fd: number, keys: readonly (readonly [string, Key])[]): Record<string, number> {
    const length = this.#sys.readFromStart(fd);
    const values: Record<string, number> = {};
    for (const [name, wanted] of keys) {
      const value = numberOf(this.#sys.text, length, wanted);
      if (value >= 0) {
        values[name] = value;
      }
    }
    return values;
  }

  /** Looks at all processes that may be chosen: at each other one the kernel itself never would. */
  count(): void {
    const snapshot = scan(this.#sys, {
      needs: EVERYTHING,
      extent: "all",
      base: NOBODY_BEFORE,
      recent: null,
      last: null,
      holders: emptyHolders(),
      lostKib: 0,
      latelyLostKib: 0,
      newLocked: NO_GROWTH,
      newTables: NO_GROWTH,
      newShmem: NO_GROWTH,
      isOldScale: this.#isOldScale,
      goOn: () => true,
    });
    const known = snapshot.processes.map((item): readonly [number, Process] => {
      const anonKib = item.sizeKib - item.swapKib;
      return [
        item.pid,
        {
          pid: item.pid,
          ppid: item.ppid,
          pgid: item.pgid,
          sid: item.sessionId,
          flags: item.flags,
          threads: item.threads,
          startMs: item.startMs,
          majorFaults: item.majorFaults,
          cpuMs: item.cpuMs,
          uid: item.uid,
          oomScore: item.oomScore,
          oomScoreAdj: item.oomScoreAdj,
          anonKib,
          fileKib: item.rssKib - anonKib - item.shmemGrownKib,
          shmemKib: item.shmemGrownKib,
          swapKib: item.swapKib,
          comm: item.comm,
          state: item.state,
          exe: item.exe,
          cgroup: item.cgroup,
          preference: item.managedPreference === "none" ? "" : item.managedPreference,
        },
      ];
    });
    this.#processes = new Map(known.toSorted(([a], [b]) => a - b));
  }
}
