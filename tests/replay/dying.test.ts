import { describe, expect, test } from "bun:test";
import { runDaemon } from "../../src/daemon.ts";
import { PF_EXITING } from "../../src/model/process.ts";
import { NOBODY, type Process } from "../../src/replay/fields.ts";
import { replayLines } from "../../src/replay/lines.ts";
import { headerLine, readRecording, RecordingWriter } from "../../src/replay/recording.ts";
import { replay } from "../../src/replay/replay.ts";
import { deathsOf } from "../../src/replay/stage.ts";
import { someOptions } from "../helpers/nouns.ts";

const MIB = 1024;
const STEP_MS = 20;
/** When the hog is found dying, and when it is gone. */
const DYING_MS = 4_000;
const GONE_MS = 5_600;

const header = headerLine({
  kernel: "6.1.0",
  pageKib: 4,
  atMs: 5_000,
  bootMs: 5_000,
  wallMs: 1e12,
  ramKib: 1_000 * MIB,
  ownPid: 0,
});

function aProcess(pid: number, comm: string, mib: number, flags = 0): Process {
  const anonKib = Math.round(mib * MIB);
  const oomScore = Math.round(666 + mib / 1.5);
  return { ...NOBODY, pid, ppid: 1, pgid: pid, sid: pid, comm, flags, anonKib, oomScore };
}

/** How much the hog has: it grows for three seconds, and gives back as it dies. */
function hogMib(ms: number): number {
  return ms < DYING_MS
    ? Math.min(600, 100 + Math.max(0, ms - 1_000) / 6)
    : 600 - (500 * (ms - DYING_MS)) / (GONE_MS - DYING_MS);
}

/**
 * A hog that is killed by this hand at the very limit, and is dying for long: the rule passes its
 * limit a look after the recording's daemon had acted. A hollow one shows no memory of its own any
 * more while that is given back.
 */
function recordingOf(by: string, isHollow = false) {
  const writer = new RecordingWriter();
  const lines: string[] = [header];
  for (let ms = 0; ms <= 8_000; ms += STEP_MS) {
    const isThere = ms < GONE_MS;
    const hog = isThere ? hogMib(ms) : 0;
    // Somebody else takes a little more in the meantime.
    const late = ms > DYING_MS && ms <= DYING_MS + 400 ? 10 + (600 - hog) : 0;
    const MemAvailable = Math.round((705 - hog - late) * MIB);
    const living = [
      aProcess(60, "bystander", 250),
      ...(isThere && ms < DYING_MS ? [aProcess(100, "hog", hog)] : []),
      ...(isThere && ms >= DYING_MS ? [aProcess(100, "hog", isHollow ? 0 : hog, PF_EXITING)] : []),
    ];
    const meminfo = {
      MemTotal: 1_000 * MIB,
      MemFree: MemAvailable,
      MemAvailable,
      SwapTotal: 0,
      SwapFree: 0,
      Shmem: 0,
      SUnreclaim: 0,
      Hugetlb: 0,
    };
    const processes = new Map(living.map((process) => [process.pid, process]));
    const [some, full] = [0, 0].map((avg10) => ({ avg10, totalUs: 0 }));
    const moment = {
      atMs: ms,
      meminfo,
      vmstat: {},
      some: some!,
      full: full!,
      arcKib: 0,
      processes,
    };
    lines.push(writer.line(moment, ms === GONE_MS ? [{ pid: 100, by }] : []));
  }
  const recording = readRecording(lines.join(""));
  if (typeof recording === "string") {
    throw new Error(recording);
  }
  return recording;
}

function victimsOf(by: string, options = someOptions({ trim: false })) {
  return replay(runDaemon, recordingOf(by), options).map(({ atMs, selection }) => [
    atMs,
    selection.victims[0]?.process.comm,
  ]);
}

describe("a decision that falls into the time in which the recording's victim is dying", () => {
  test("is the recording's own, a look later: nobody is killed beside it", () => {
    expect(victimsOf("bustd")).toEqual([[DYING_MS + STEP_MS, "hog"]]);
    expect(victimsOf("earlyoom")).toEqual([[DYING_MS + STEP_MS, "hog"]]);
  });

  test("is told as the same, with how far apart they are", () => {
    const recording = recordingOf("bustd");
    const options = someOptions({ trim: false });
    const acts = replay(runDaemon, recording, options);
    const deaths = deathsOf(recording);
    const about = { recording, options, whose: "here", acts, warnings: [], deaths } as const;
    expect(
      replayLines(about, { columns: 80, isUtf8: true }).join(" ").replaceAll(/ +/g, " "),
    ).toContain("decided the same in the recording, where its end began 20 ms before");
  });

  test("is none where the victim was killed long before: its memory was free then", () => {
    const mem = { softPercent: 30, hardPercent: 15 };
    for (const isHollow of [false, true]) {
      const acts = replay(
        runDaemon,
        recordingOf("bustd", isHollow),
        someOptions({ trim: false, mem }),
      );
      expect(acts.map(({ selection }) => selection.victims[0]?.process.comm)).toEqual(["hog"]);
      expect(acts[0]?.atMs).toBeLessThan(DYING_MS - 500);
    }
  });

  test("is another one where the settings spare that victim", () => {
    const match = { comm: [{ kind: "names", names: ["hog"] }] } as const;
    const rules = [{ origin: "-u", match, effect: { kind: "protect" } }] as const;
    expect(victimsOf("bustd", someOptions({ trim: false, rules }))).toMatchObject([
      [DYING_MS + STEP_MS, "bystander"],
    ]);
  });

  test("is the live daemon's where the kernel killed: who exits is nobody's victim", () => {
    expect(victimsOf("kernel")[0]?.[1]).toBe("bystander");
  });
});
