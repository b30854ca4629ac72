import { describe, expect, test } from "bun:test";
import { killsIn, withKernelNames } from "../../src/commands/kernel-log.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { someParts } from "../helpers/recorded.ts";

const MACHINE =
  "3,900,299500000,-;Out of memory: Killed process 4242 (leak) total-vm:900kB, anon-rss:700kB, " +
  "file-rss:20kB, shmem-rss:3kB, UID:1000 pgtables:8kB oom_score_adj:0";
const CGROUP = [
  "6,901,300100000,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/," +
    "mems_allowed=0,oom_memcg=/system.slice/a.service,task_memcg=/system.slice/a.service," +
    "task=java,pid=9,uid=0",
  "3,902,300200000,-;Memory cgroup out of memory: Killed process 9 (ja) (va) total-vm:1kB, " +
    "anon-rss:2kB, file-rss:3kB, shmem-rss:4kB, UID:0 pgtables:1kB oom_score_adj:0",
].join("\n");
/** Linux 4.20 does not tell the user. */
const OLD =
  "3,1,1000000,-;Killed process 7 (old) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB";

describe("the kernel's log", () => {
  test("tells of the machine's kills and of a cgroup's", () => {
    expect(killsIn(["noise", MACHINE, CGROUP, OLD].join("\n"))).toEqual([
      {
        atMs: 299_500,
        victim: { pid: 4242, comm: "leak", uid: 1000, rssKib: 723, cgroup: "" },
      },
      {
        atMs: 300_200,
        victim: { pid: 9, comm: "ja) (va", uid: 0, rssKib: 9, cgroup: "/system.slice/a.service" },
      },
      { atMs: 1_000, victim: { pid: 7, comm: "old", uid: -1, rssKib: 1, cgroup: "" } },
    ]);
  });

  const parts = someParts({ kind: "kernel", kernel: { kills: 1, victims: [] } });
  const incident = incidentOf(parts);
  const offsetMs = parts.wallMs - parts.atMs;
  const namesOf = (kills: ReturnType<typeof killsIn>, offset = offsetMs) =>
    withKernelNames(incident, kills, offset).kernel?.victims.map(({ comm }) => comm);

  test("names whom an incident counts, near its time", () => {
    expect(namesOf(killsIn(`${OLD}\n${MACHINE}`))).toEqual(["leak"]);
    expect(namesOf(killsIn(`${MACHINE}\n${CGROUP}`))).toEqual(["ja) (va"]);
    expect(namesOf(killsIn(OLD))).toEqual([]);
  });

  test("names nobody of another boot", () => {
    expect(namesOf(killsIn(MACHINE), offsetMs + 3_600_000)).toEqual([]);
  });
});
