/** The whole course of a story, sample by sample, as guest/course.c records it. */

const meminfoFields = [
  ["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached"],
  ["Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)", "Unevictable", "Mlocked"],
  ["SwapTotal", "SwapFree", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem"],
  ["KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "KernelStack", "PageTables"],
].flat();

const vmstatFields = [
  ["pgscan_kswapd", "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct"],
  ["pgscan_anon", "pgscan_file", "pgsteal_anon", "pgsteal_file"],
  ["allocstall_dma", "allocstall_dma32", "allocstall_normal", "allocstall_movable"],
  ["workingset_nodes", "workingset_refault_anon", "workingset_refault_file"],
  ["workingset_activate_anon", "workingset_activate_file"],
  ["workingset_restore_anon", "workingset_restore_file", "workingset_nodereclaim"],
  ["pswpin", "pswpout", "pgpgin", "pgpgout", "pgfault", "pgmajfault", "oom_kill"],
  ["pgactivate", "pgdeactivate", "kswapd_low_wmark_hit_quickly", "nr_zspages"],
].flat();

/** In the order of guest/course.c; sizes in KiB, times in clock ticks, starts since boot. */
const processFields = [
  ["pid", "ppid", "pgid", "sid", "state", "flags", "starttime", "threads", "rssKib"],
  ["minflt", "majflt", "uid", "oomScore", "oomScoreAdj"],
  ["rssAnonKib", "rssFileKib", "rssShmemKib", "vmSwapKib", "cpuTicks"],
].flat();
const commBytes = 16;

/** A process at one moment: the numbers of `processFields`, its state as a letter, its name. */
export type CourseProcess = Record<string, number | string>;

/** One side of /proc/pressure/memory: averages in percent, the total in µs. */
interface Pressure {
  avg10: number;
  avg60: number;
  avg300: number;
  totalUs: number;
}

/** Everything at one moment, in ms since the story began. Sizes in KiB, counters since boot; a
 * field that the kernel lacks is absent. */
export interface CourseSample {
  atMs: number;
  meminfo: Record<string, number>;
  some: Pressure;
  full: Pressure;
  vmstat: Record<string, number>;
  processes: CourseProcess[];
}

/** The plan's lines that have it recorded every 20 ms, or less often where that would take more
 * than a quarter of a processor. */
export const courseLines = [
  "course 20",
  ["watch meminfo", ...meminfoFields].join("\t"),
  ["watch vmstat", ...vmstatFields].join("\t"),
  "",
].join("\n");

/** Numbers of seven bits a byte, the lowest first, the sign in the lowest. */
class Numbers {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error("the course ends in the middle of a number");
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  text(length: number): string {
    const bytes = this.#bytes.subarray(this.#at, (this.#at += length));
    return Buffer.from(bytes).toString().replace(/\0.*$/s, "");
  }
}

/** Adds the changes since the sample before. */
function move(numbers: Numbers, values: number[]): void {
  for (const [index, value] of values.entries()) values[index] = value + numbers.next();
}

interface Slot {
  values: number[];
  comm: string;
}

/** "slot + 1, which fields changed, by how much …" up to a zero; no changed field: it is gone. */
function moveProcesses(numbers: Numbers, slots: Map<number, Slot>): void {
  for (let number = numbers.next(); number > 0; number = numbers.next()) {
    const changed = numbers.next();
    if (changed === 0) {
      slots.delete(number);
      continue;
    }
    const slot = slots.get(number) ?? { values: processFields.map(() => 0), comm: "" };
    slots.set(number, slot);
    for (const [index, value] of slot.values.entries()) {
      if ((changed >> index) & 1) slot.values[index] = value + numbers.next();
    }
    if ((changed >> processFields.length) & 1) slot.comm = numbers.text(commBytes);
  }
}

function named(names: string[], values: number[]): Record<string, number> {
  return Object.fromEntries(
    names.map((name, index) => [name, values[index]!] as const).filter(([, value]) => value >= 0),
  );
}

function pressureOf([avg10 = 0, avg60 = 0, avg300 = 0, totalUs = 0]: number[]): Pressure {
  return { avg10: avg10 / 100, avg60: avg60 / 100, avg300: avg300 / 100, totalUs };
}

function processOf({ values, comm }: Slot): CourseProcess {
  const facts = processFields.map((name, index) => [name, values[index]!] as const);
  const all: CourseProcess = Object.fromEntries(facts);
  return { ...all, state: String.fromCharCode(Number(all["state"])), comm };
}

/** Reads a course; throws where it is cut off. */
export function readCourse(bytes: Uint8Array, beginUs: number): CourseSample[] {
  const numbers = new Numbers(bytes);
  const meminfo = meminfoFields.map(() => 0);
  const vmstat = vmstatFields.map(() => 0);
  const pressure = Array.from({ length: 8 }, () => 0);
  const slots = new Map<number, Slot>();
  const samples: CourseSample[] = [];
  let atUs = 0;
  while (!numbers.isAtEnd) {
    atUs += numbers.next();
    move(numbers, meminfo);
    move(numbers, vmstat);
    move(numbers, pressure);
    moveProcesses(numbers, slots);
    samples.push({
      atMs: (atUs - beginUs) / 1000,
      meminfo: named(meminfoFields, meminfo),
      some: pressureOf(pressure.slice(0, 4)),
      full: pressureOf(pressure.slice(4)),
      vmstat: named(vmstatFields, vmstat),
      processes: [...slots.values()].map(processOf),
    });
  }
  return samples;
}
