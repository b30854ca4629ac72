import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Incident, KernelVictim } from "../model/incident.ts";
import { linux } from "../sys/linux.ts";

/** A kill that the kernel's log tells of. */
interface KernelKill {
  /** Of CLOCK_MONOTONIC. */
  readonly atMs: number;
  readonly victim: KernelVictim;
}

/** One record: `6,1234,98765432,-;text`; Documentation/ABI/testing/dev-kmsg. */
const RECORD = /^\d+,\d+,(\d+),[^;]*;(.*)$/;
/** mm/oom_kill.c, `__oom_kill_process`; a name may hold whatever it likes. */
const KILLED = new RegExp(
  String.raw`Killed process (\d+) \((.*)\) total-vm:\d+kB, anon-rss:(\d+)kB, ` +
    String.raw`file-rss:(\d+)kB, shmem-rss:(\d+)kB(?:, UID:(\d+))?`,
);
/** mm/oom_kill.c, `dump_oom_summary`, the line before. */
const MEMCG = /^oom-kill:constraint=CONSTRAINT_MEMCG,.*,oom_memcg=([^,]*),/;
/** A kill is told of within so long before or after the look that counted it. */
const NEAR_MS = 15_000;
/** How far apart two clocks' ideas of the same boot may be. */
const SAME_BOOT_MS = 60_000;
const LARGEST_RECORD = 8192;
const MOST_RECORDS = 100_000;

/** The kernel's own kills in the records of /dev/kmsg, one record to a line; pure. */
export function killsIn(log: string): KernelKill[] {
  const kills: KernelKill[] = [];
  let memcg = "";
  for (const line of log.split("\n")) {
    const [, us = "", text = ""] = RECORD.exec(line) ?? [];
    memcg = MEMCG.exec(text)?.[1] ?? memcg;
    const [, pid, comm = "", anon, file, shmem, uid] = KILLED.exec(text) ?? [];
    if (pid !== undefined) {
      const isMemcg = text.startsWith("Memory cgroup");
      const victim = {
        pid: Number(pid),
        comm,
        uid: uid === undefined ? -1 : Number(uid),
        rssKib: Number(anon) + Number(file) + Number(shmem),
        cgroup: isMemcg ? memcg : "",
      };
      kills.push({ atMs: Number(us) / 1000, victim });
    }
  }
  return kills;
}

/** Names whom the kernel killed, where the incident does not and its log does; pure. */
export function withKernelNames(
  incident: Incident,
  kills: readonly KernelKill[],
  wallOffsetMs: number,
): Incident {
  const { atMs, kernel, wallMs } = incident;
  const isSameBoot = Math.abs(wallMs - atMs - wallOffsetMs) < SAME_BOOT_MS;
  if (kernel === null || kernel.victims.length > 0 || !isSameBoot) {
    return incident;
  }
  const victims = kills
    .filter((kill) => Math.abs(kill.atMs - atMs) <= NEAR_MS)
    .map(({ victim }) => victim)
    .slice(-kernel.kills);
  return victims.length === 0 ? incident : { ...incident, kernel: { ...kernel, victims } };
}

/** All records of the kernel's log, or "" where it may not be read; kmsg(4). */
function readKernelLog(): string {
  const { O_NONBLOCK, O_RDONLY } = constants;
  const records: string[] = [];
  let fd = -1;
  try {
    fd = openSync("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    const buffer = Buffer.alloc(LARGEST_RECORD);
    while (records.length < MOST_RECORDS) {
      try {
        const length = readSync(fd, buffer);
        // The lines behind the first are the record's tags.
        records.push(buffer.toString("utf8", 0, length).split("\n")[0] ?? "");
      } catch (error) {
        // EPIPE: this record was overwritten meanwhile, the next one can be read.
        if ((error as NodeJS.ErrnoException).code !== "EPIPE") {
          break;
        }
      }
    }
  } catch {
    return "";
  } finally {
    if (fd >= 0) {
      closeSync(fd);
    }
  }
  return records.join("\n");
}

/** The same for incidents that were asked for; the log is read only if one of them needs it. */
export function nameKernelVictims(incidents: readonly Incident[]): readonly Incident[] {
  if (incidents.every(({ kernel }) => kernel === null || kernel.victims.length > 0)) {
    return incidents;
  }
  const kills = killsIn(readKernelLog());
  const offsetMs = linux.wallMs() - linux.nowMs();
  return incidents.map((incident) => withKernelNames(incident, kills, offsetMs));
}
