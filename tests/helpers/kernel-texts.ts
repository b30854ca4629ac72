import type { Reading } from "../../src/model/reading.ts";
import { type PaperProcess, sizesOf } from "./paper-process.ts";

/** The clock of the paper kernel starts when the machine has been up for so long. */
export const UP_AT_START_S = 1000;

/** What the kernel shows of a thread: nothing of memory when it is the first one and has ended. */
interface Shown {
  readonly process: PaperProcess;
  readonly tid: number;
  readonly pageKib: number;
  /** RAM and swap together; with the score it tells sizes that are not given. */
  readonly totalKib: number;
  /** Before Linux 5.9. */
  readonly isOldScale: boolean;
}

function isDead({ process, tid }: Shown): boolean {
  return process.state === "Z" && tid === process.pid;
}

/** Whether the kernel shows no memory of it at all: the dead, and its own threads. */
function hasNone(shown: Shown): boolean {
  return isDead(shown) || ((shown.process.flags ?? 0) & 0x200000) !== 0;
}

function stateOf(shown: Shown): string {
  const { process } = shown;
  return isDead(shown) ? "Z" : process.state === "Z" ? "S" : (process.state ?? waiting(process));
}

function waiting({ stuck }: PaperProcess): string {
  return stuck === true ? "D" : "S";
}

/** `/proc/PID/stat` with its 52 fields; proc_pid_stat(5). */
export function statText(shown: Shown): string {
  const { isOldScale, pageKib, process, tid, totalKib } = shown;
  const { anonKib, fileKib, shmemKib } = sizesOf(process, totalKib, isOldScale);
  const rssKib = hasNone(shown) ? 0 : anonKib + fileKib + shmemKib;
  const fields: (string | number)[] = Array.from({ length: 53 }, () => 0);
  fields[3] = stateOf(shown);
  fields[4] = process.ppid ?? 1;
  fields[5] = process.pgid ?? process.pid;
  fields[6] = process.sessionId ?? process.pid;
  fields[8] = -1;
  fields[9] = process.flags ?? 0x400000;
  fields[12] = process.majorFaults ?? 0;
  fields[13] = process.childMajorFaults ?? 0;
  fields[14] = Math.round((process.cpuMs ?? 0) / 10);
  fields[18] = 20;
  fields[20] = process.threads ?? process.tasks?.length ?? 1;
  fields[22] = Math.round((process.startMs ?? 0) / 10);
  fields[23] = Math.round(4 * 1024 * rssKib);
  fields[24] = Math.round(rssKib / pageKib);
  fields[25] = "18446744073709551615";
  return `${tid} (${process.comm ?? "paper"}) ${fields.slice(3).join(" ")}\n`;
}

/** `/proc/PID/statm`: size, resident, shared, text, lib, data, dirty, in pages. */
export function statmText(shown: Shown): string {
  const { isOldScale, pageKib, process, totalKib } = shown;
  if (hasNone(shown)) {
    return "0 0 0 0 0 0 0\n";
  }
  const { anonKib, fileKib, shmemKib, swapKib } = sizesOf(process, totalKib, isOldScale);
  const own = Math.round(anonKib / pageKib);
  const shared = Math.round((fileKib + shmemKib) / pageKib);
  const size = 500 + 2 * (own + shared) + Math.round(swapKib / pageKib);
  return `${size} ${own + shared} ${shared} 1 0 ${own} 0\n`;
}

/** How often a process had a processor and lost it to others. */
const TURNS = 100;

/** `/proc/PID/schedstat`: time on a processor, and waiting for one, in nanoseconds; turns. */
export function schedstatText({ cpuMs = 0, readyMs = 0 }: PaperProcess): string {
  return `${Math.round(cpuMs * 1e6)} ${Math.round(readyMs * 1e6)} ${TURNS}\n`;
}

/** `/proc/PID/status`, with the lines around those that are used; proc_pid_status(5). */
export function statusText(shown: Shown): string {
  const { isOldScale, process, tid, totalKib } = shown;
  const { pid, ppid = 1, uid = DEFAULT_UID } = process;
  // As proc_task_name() escapes it.
  const name = (process.comm ?? "paper").replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  const ids = `${uid}\t${uid}\t${uid}\t${uid}`;
  const lines = [
    `Name:\t${name}`,
    "Umask:\t0022",
    `State:\t${stateOf(shown)} (whatever)`,
    `Tgid:\t${pid}`,
    `Pid:\t${tid}`,
    `PPid:\t${ppid}`,
    "TracerPid:\t0",
    `Uid:\t${ids}`,
    `Gid:\t${ids}`,
    "FDSize:\t64",
  ];
  if (!hasNone(shown)) {
    const { anonKib, fileKib, shmemKib, swapKib } = sizesOf(process, totalKib, isOldScale);
    lines.push(
      statusLine("VmLck", process.lockedKib ?? 0),
      statusLine("VmRSS", anonKib + fileKib + shmemKib),
      statusLine("RssAnon", anonKib),
      statusLine("RssFile", fileKib),
      statusLine("RssShmem", shmemKib),
      statusLine("VmPTE", process.tablesKib ?? 0),
      statusLine("VmSwap", swapKib),
      `CoreDumping:\t${process.isDumpingCore === true ? 1 : 0}`,
    );
  }
  lines.push(`Threads:\t${process.threads ?? process.tasks?.length ?? 1}`, "SigQ:\t0/3000");
  // Who is said to wait for a processor lost it to others each time, if not said to sleep.
  const preempted = process.readyMs === undefined ? 0 : TURNS;
  lines.push(
    `voluntary_ctxt_switches:\t${process.sleeps ?? 1}`,
    `nonvoluntary_ctxt_switches:\t${preempted}\n`,
  );
  return lines.join("\n");
}

/** An ordinary user's. */
const DEFAULT_UID = 1000;

function statusLine(name: string, kib: number): string {
  return `${name}:\t${String(Math.round(kib)).padStart(8)} kB`;
}

function kibLine(name: string, kib: number): string {
  return `${`${name}:`.padEnd(16)}${String(Math.round(kib)).padStart(8)} kB\n`;
}

/** `/proc/meminfo`, with the lines around those that are used. */
export function meminfoText(reading: Reading): string {
  return [
    kibLine("MemTotal", reading.totalKib),
    kibLine("MemFree", reading.freeKib),
    kibLine("MemAvailable", reading.availableKib),
    kibLine("Buffers", 0),
    kibLine("Cached", Math.max(0, reading.availableKib - reading.freeKib) + reading.shmemKib),
    kibLine("SwapCached", reading.swapCachedKib),
    kibLine("SwapTotal", reading.swapTotalKib),
    kibLine("SwapFree", reading.swapFreeKib),
    kibLine("Mapped", 0),
    kibLine("Shmem", reading.shmemKib),
    kibLine("KReclaimable", 0),
    kibLine("Slab", reading.slabKib),
    kibLine("SReclaimable", 0),
    kibLine("Mlocked", reading.lockedKib),
    kibLine("SUnreclaim", reading.slabKib),
    kibLine("PageTables", reading.tablesKib),
    kibLine("ShmemHugePages", 0),
    "HugePages_Total:       0\n",
    "Hugepagesize:       2048 kB\n",
    kibLine("Hugetlb", reading.hugetlbKib),
  ].join("");
}

const LONGER_AVERAGES = "avg60=0.00 avg300=0.00";

/** `/proc/pressure/memory`; Documentation/accounting/psi.rst. */
export function pressureText(reading: Reading): string {
  const some = `some avg10=${reading.someAvg10.toFixed(2)} ${LONGER_AVERAGES}`;
  const full = `full avg10=0.00 ${LONGER_AVERAGES}`;
  const [someUs, fullUs] = [Math.round(reading.someTotalUs), Math.round(reading.fullTotalUs)];
  return `${some} total=${someUs}\n${full} total=${fullUs}\n`;
}

/** `/proc/zoneinfo` of two zones and two processors, of which one has all free pages. */
export function zoneinfoText({ perCpuKib }: Reading, pageKib = 4): string {
  const pageset = (cpu: number, count: number) =>
    `    cpu: ${cpu}\n              count:    ${count}\n              high:     12075\n` +
    "              batch:    63\n  vm stats threshold: 48\n";
  const zone = (name: string, count: number) =>
    `Node 0, zone ${name.padStart(8)}\n  pages free     3840\n        min      25\n` +
    `      nr_free_pages 3840\n        protection: (0, 2966, 24081)\n  pagesets\n` +
    `${pageset(0, count)}${pageset(1, 0)}  node_unreclaimable:  0\n  start_pfn:           1\n`;
  const pages = Math.round(perCpuKib / pageKib);
  return zone("DMA32", Math.floor(pages / 3)) + zone("Normal", pages - Math.floor(pages / 3));
}

/**
 * `/proc/vmstat` as since Linux 5.9, in pages. All that is available and not free is files, half of
 * which si_mem_available() counts at the least, so that both files tell the same.
 */
export function vmstatText(reading: Reading, pageKib = 4): string {
  const pages = (kib: number) => Math.round(kib / pageKib);
  const units = (count: number) => Math.round((count * 4) / pageKib);
  const files = pages(Math.max(0, reading.availableKib - reading.freeKib));
  const [byKswapd, byTasks] = [0.8 * reading.evicted, 0.2 * reading.evicted];
  return [
    `nr_free_pages ${pages(reading.freeKib)}`,
    "nr_inactive_anon 1000",
    "nr_active_anon 1000",
    `nr_inactive_file ${files}`,
    `nr_active_file ${files}`,
    "nr_slab_reclaimable 0",
    `nr_zspages ${pages(reading.compressedKib)}`,
    `workingset_refault_anon 0`,
    `workingset_refault_file ${units(reading.refaults)}`,
    "workingset_restore_anon 0",
    `pswpin ${units(reading.swapIns)}`,
    "pgalloc_dma32 5",
    "allocstall_dma32 0",
    `allocstall_normal ${Math.round(reading.allocStalls)}`,
    "allocstall_movable 0",
    `pgmajfault ${units(reading.majorFaults)}`,
    `pgsteal_kswapd ${units(byKswapd)}`,
    `pgsteal_direct ${units(byTasks)}`,
    `oom_kill ${Math.max(0, reading.oomKills)}\n`,
  ].join("\n");
}
