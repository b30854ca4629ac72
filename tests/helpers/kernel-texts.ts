import type { Reading } from "../../src/model/reading.ts";

/** A process on paper; all but the pid may be left out. */
export interface PaperProcess {
  readonly pid: number;
  /** May hold anything a real name may: newlines, parentheses, escape codes. */
  comm?: string;
  state?: string;
  ppid?: number;
  pgid?: number;
  sessionId?: number;
  /** PF_* bits. */
  flags?: number;
  threads?: number;
  /** Thread ids, where they matter. */
  tasks?: readonly number[];
  /** Start, in milliseconds since boot. */
  startMs?: number;
  oomScore?: number;
  oomScoreAdj?: number;
  rssKib?: number;
  uid?: number;
  exe?: string;
  /** Arguments with blanks between them. */
  cmdline?: string;
  cgroup?: string;

  /** Signals are answered with EPERM. */
  refuses?: boolean;
  ignoresSigterm?: boolean;
  /** Not even SIGKILL ends it: a task that waits in the kernel. */
  stuck?: boolean;
  /** From a deadly signal to the end. */
  dyingMs?: number;
  /** Gone when so many of its files have been read. */
  vanishesAfterReads?: number;
  /** Comes and goes at these times of the paper clock. */
  bornAtMs?: number;
  endsAtMs?: number;
}

/** The clock of the paper kernel starts when the machine has been up for so long. */
export const UP_AT_START_S = 1000;

/** `/proc/PID/stat` with its 52 fields; proc_pid_stat(5). */
export function statText(process: PaperProcess, pageKib: number): string {
  const fields: (string | number)[] = Array.from({ length: 53 }, () => 0);
  fields[3] = process.state ?? "S";
  fields[4] = process.ppid ?? 1;
  fields[5] = process.pgid ?? process.pid;
  fields[6] = process.sessionId ?? process.pid;
  fields[8] = -1;
  fields[9] = process.flags ?? 0x400000;
  fields[18] = 20;
  fields[20] = process.threads ?? process.tasks?.length ?? 1;
  fields[22] = Math.round((process.startMs ?? 0) / 10);
  fields[23] = Math.round(4 * 1024 * (process.rssKib ?? 0));
  fields[24] = process.state === "Z" ? 0 : Math.round((process.rssKib ?? 0) / pageKib);
  fields[25] = "18446744073709551615";
  return `${process.pid} (${process.comm ?? "paper"}) ${fields.slice(3).join(" ")}\n`;
}

/** `/proc/PID/statm`: size, resident, shared …, in pages. */
export function statmText(process: PaperProcess, pageKib: number): string {
  const pages = process.state === "Z" ? 0 : Math.round((process.rssKib ?? 0) / pageKib);
  return `${4 * pages} ${pages} 0 0 0 ${pages} 0\n`;
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
    kibLine("Cached", Math.max(0, reading.availableKib - reading.freeKib) + reading.setAsideKib),
    kibLine("SwapCached", 0),
    kibLine("SwapTotal", reading.swapTotalKib),
    kibLine("SwapFree", reading.swapFreeKib),
    kibLine("Mapped", 0),
    kibLine("Shmem", reading.setAsideKib),
    kibLine("ShmemHugePages", 0),
    "HugePages_Total:       0\n",
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

/** `/proc/vmstat` as since Linux 5.9. */
export function vmstatText(reading: Reading): string {
  return [
    "nr_free_pages 1000",
    "nr_anon_pages 1000",
    "workingset_refault_anon 0",
    `workingset_refault_file ${Math.round(reading.refaults)}`,
    "workingset_restore_anon 0",
    `pswpin ${Math.round(reading.swapIns)}`,
    `pswpout ${Math.round(reading.swapOuts)}`,
    "oom_kill 0\n",
  ].join("\n");
}
