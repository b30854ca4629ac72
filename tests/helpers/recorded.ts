import type { IncidentParts } from "../../src/model/incident.ts";
import type { Reading } from "../../src/model/reading.ts";
import { Mark, type RecordedLook } from "../../src/model/recorded.ts";
import { recordLook } from "../../src/recorder/looks.ts";
import { openRing, type Ring } from "../../src/recorder/ring.ts";
import { readRing, type RingContent } from "../../src/recorder/read-ring.ts";
import { FakeSys } from "./fake-sys.ts";
import { aCandidate, anExhaustion, aProcess, aReading, aSelection } from "./nouns.ts";

const PATH = "/run/bustd/ring";
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** A ring on a paper kernel; its clock is the kernel's. */
export class PaperRing {
  readonly sys = new FakeSys();
  ring: Ring;

  constructor(atMs = 1_000) {
    this.sys.atMs = atMs;
    this.sys.files.set(BOOT_ID, "4f2d91aa-0000-4000-8000-00000000beef\n");
    this.ring = this.open();
  }

  /** Maps it once more, as a later daemon does. */
  open(): Ring {
    const ring = openRing(this.sys, PATH);
    if (typeof ring === "number") {
      throw new TypeError(`no ring: ${ring}`);
    }
    this.ring = ring;
    return ring;
  }

  /** Records a look so many milliseconds after the one before. */
  look(afterMs: number, changes: Partial<Reading> = {}, marks = 0, oomKills = -1): number {
    this.sys.atMs += afterMs;
    const reading = aReading({ atMs: this.sys.atMs, ...changes });
    return recordLook(this.ring, reading, marks, oomKills);
  }

  /** The file as it is now. */
  bytes(): Uint8Array {
    return new Uint8Array(this.sys.maps.get(PATH) ?? new ArrayBuffer(0)).slice();
  }

  content(): RingContent {
    const read = readRing(this.bytes());
    if ("problem" in read) {
      throw new Error(read.problem);
    }
    return read.ring;
  }
}

const MIB = 1024;

/** A leak of so many MiB a second that a kill ends at 0 ms; one look each 100 ms. */
export function leakLooks(rateMib = 60, killAtMs = 300_000): RecordedLook[] {
  const looks: RecordedLook[] = [];
  for (let ms = -60_000; ms <= 5_000; ms += 100) {
    const left = 100 * MIB + (-ms / 1000) * rateMib * MIB;
    const availableKib = Math.min(800 * MIB, ms < 200 ? Math.max(60 * MIB, left) : 600 * MIB);
    const stalledMs = Math.max(0, Math.min(ms, 200) + 2_000) / 2;
    looks.push({
      atMs: killAtMs + ms,
      wallMs: Date.UTC(2026, 10, 28, 12) + ms,
      marks: (ms < -60_000 + 1 ? Mark.START : 0) | (ms === 0 ? Mark.ACTED : 0),
      totalKib: 1000 * MIB,
      availableKib,
      setAsideKib: 0,
      swapTotalKib: 512 * MIB,
      swapFreeKib: Math.max(40 * MIB, Math.min(512 * MIB, left + 300 * MIB)),
      someMs: Math.round(stalledMs),
      fullMs: Math.round(stalledMs / 2),
      refaults: 0,
      swapIns: 0,
      oomKills: 0,
    });
  }
  return looks;
}

/** What a daemon knows of a kill of pid 4242, `leak`, by the rule of exhaustion. */
export function someParts(changes: Partial<IncidentParts> = {}): IncidentParts {
  const victim = aCandidate(
    aProcess(4242, {
      comm: "leak",
      startMs: 240_000,
      oomScore: 812,
      rssKib: 700 * MIB,
      swapKib: 60 * MIB,
      sizeKib: 760 * MIB,
      grownKib: 700 * MIB,
    }),
    { score: 1012, points: [{ origin: "growth", points: 200 }], tookKib: 760 * MIB, share: 0.95 },
  );
  const second = aCandidate(
    aProcess(77, { comm: "database", startMs: 2_000, rssKib: 120 * MIB, sizeKib: 120 * MIB }),
    { score: 640 },
  );
  const selection = aSelection([victim], {
    next: second,
    spared: [
      { process: aProcess(1, { comm: "systemd" }), because: "init", origin: "" },
      {
        process: aProcess(800, { comm: "sshd" }),
        because: "protected",
        origin: "default: sshd",
      },
    ],
  });
  return {
    kind: "kill",
    atMs: 300_000,
    wallMs: Date.UTC(2026, 10, 28, 12, 0, 0, 123),
    bustd: { version: "1.2.3", pid: 999, digest: "0123456789abcdef" },
    machine: {
      kernel: "6.1.0",
      architecture: "x86_64",
      totalKib: 1000 * MIB,
      swapTotalKib: 512 * MIB,
      swapKind: "zram",
      minTtlMs: 0,
    },
    limits: {
      memSoftPercent: 10,
      memHardPercent: 5,
      swapSoftPercent: 10,
      swapHardPercent: 5,
      stallPercent: 25,
      when: [],
    },
    settings: {
      dryRun: false,
      psiPercent: 25,
      mem: { softPercent: 10, hardPercent: 5 },
      swap: { softPercent: 10, hardPercent: 5 },
      killAfterMs: 500,
      scope: "process",
      adjPolicy: "respect",
      sortBy: "oom_score",
      ignoreRootUser: false,
    },
    verdict: anExhaustion(),
    selection,
    candidates: [victim, second],
    details: [
      {
        pid: 4242,
        uid: 1000,
        cgroup: "/user.slice/user-1000.slice/user@1000.service/app.slice/app-leak.scope",
        exe: "/usr/bin/leak",
        majorFaults: 12,
      },
    ],
    outcome: { ending: "gone", sigkill: false, tookMs: 143.2, errno: 0, signalled: 1, group: 0 },
    reliefMs: 251,
    freedKib: 640 * MIB,
    availablePercent: 62.5,
    attribution: {
      sinceMs: 12_000,
      lostKib: 800 * MIB,
      takers: [
        { pid: 4242, comm: "leak", tookKib: 760 * MIB },
        { pid: 77, comm: "database", tookKib: 10 * MIB },
      ],
      unownedKib: { shmem: 0, slab: 4 * MIB, hugetlb: 0 },
    },
    kernel: null,
    looks: leakLooks(),
    ...changes,
  };
}
