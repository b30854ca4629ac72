import { Errno } from "../model/errno.ts";
import { MS_PER_TICK } from "../readings/process-stat.ts";
import type { ProcessFile } from "../sys/sys.ts";
import type { Process } from "./fields.ts";

/** Recorded numbers as the kernel's texts, so that the very same code reads them. */

/** `/proc/meminfo`. */
export function meminfoText(fields: Readonly<Record<string, number>>): string {
  let text = "";
  for (const [name, kib] of Object.entries(fields)) {
    text += `${name}: ${Math.round(kib)} kB\n`;
  }
  return text;
}

/** Readers remember which of these there are, for as long as they run: here there are all. */
const ALWAYS_THERE = {
  allocstall_dma: 0,
  allocstall_dma32: 0,
  allocstall_normal: 0,
  allocstall_movable: 0,
  nr_zspages: 0,
} as const;

/** `/proc/vmstat`. */
export function vmstatText(fields: Readonly<Record<string, number>>): string {
  let text = "";
  for (const [name, value] of Object.entries({ ...ALWAYS_THERE, ...fields })) {
    text += `${name} ${Math.round(value)}\n`;
  }
  return text;
}

/** `/proc/pressure/memory`. */
export function pressureText(avg10: number, someUs: number, fullUs: number): string {
  const some = `some avg10=${avg10.toFixed(2)} total=${Math.round(someUs)}`;
  return `${some}\nfull avg10=0.00 total=${Math.round(fullUs)}\n`;
}

/** `/proc/spl/kstat/zfs/arcstats` of a cache that would give back so much. */
export function arcstatsText(kib: number): string {
  return `size 4 ${Math.round(kib) * 1024}\nc_min 4 0\n`;
}

/** `/proc/PID/stat` up to what is used of it; proc_pid_stat(5). */
function statText(process: Process, pageKib: number): string {
  const { anonKib, comm, cpuMs, fileKib, flags, majorFaults, pgid, pid, ppid, shmemKib } = process;
  const pages = Math.round((anonKib + fileKib + shmemKib) / pageKib);
  const ticks = Math.round(process.startMs / MS_PER_TICK);
  const head = `${pid} (${comm}) ${process.state} ${ppid} ${pgid} ${process.sid} 0 -1 ${flags}`;
  const faults = `0 0 ${majorFaults} 0`;
  const times = `${Math.round(cpuMs / MS_PER_TICK)} 0 0 0 20 0`;
  return `${head} ${faults} ${times} ${process.threads} 0 ${ticks} 0 ${pages} 0\n`;
}

/** `/proc/PID/statm`. */
function statmText({ anonKib, fileKib, shmemKib }: Process, pageKib: number): string {
  const shared = Math.round((fileKib + shmemKib) / pageKib);
  const resident = Math.round(anonKib / pageKib) + shared;
  return `${resident + 1} ${resident} ${shared} 0 0 0 0\n`;
}

/** `/proc/PID/status`. */
function statusText({ anonKib, fileKib, shmemKib, swapKib, uid }: Process): string {
  const sizes = { RssAnon: anonKib, RssFile: fileKib, RssShmem: shmemKib, VmSwap: swapKib };
  return `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\n${meminfoText(sizes)}`;
}

/** A file of a process, or the negative error number where it has none such. */
export function processText(process: Process, name: ProcessFile, pageKib: number): string | number {
  switch (name) {
    case "oom_score":
      return `${process.oomScore}\n`;
    case "oom_score_adj":
      return `${process.oomScoreAdj}\n`;
    case "stat":
      return statText(process, pageKib);
    case "statm":
      return statmText(process, pageKib);
    case "status":
      return statusText(process);
    case "comm":
      return `${process.comm}\n`;
    case "exe":
      return process.exe === "" ? -Errno.ENOENT : process.exe;
    case "cgroup":
      return process.cgroup === "" ? -Errno.ENOENT : `0::${process.cgroup}\n`;
    case "cmdline":
    case "schedstat":
      return -Errno.ENOENT;
  }
}
