import { Errno } from "../model/errno.ts";
import type { ProcessFile, Sys } from "../sys/sys.ts";

/** No process has this pid: the kernel's own limit is 2^22. */
const NOBODY = 2 ** 22 + 2;
/** What the daemon takes for its own pid. */
export const ITSELF = NOBODY + 1;
const INIT = 1;
/** Who owns what does not exist: neither root, whom a flag spares, nor unknown. */
const SOMEBODY = 65534;
const NO_FILE = -1;
const REFUSED = -1;
const NO_PAGES = { address: 0, bytes: 0 };
/** Can always be read, and what is written to it is gone; null(4). */
export const NULL_DEVICE = "/dev/null";
/** Init, the daemon itself and a group of four; each leaves some garbage behind. */
const PROCESSES = 6;
const SPARED = 2;

const HIGHEST_SCORE = 2047;
const LOWEST_SCORE = 1500;
const ZERO = "0".charCodeAt(0);
const SCORE = new TextEncoder().encode(`${HIGHEST_SCORE}\n`);
const ADJ = new TextEncoder().encode("0\n");
/** As long as real ones are: the engine has other code for long texts than for short ones. */
const CGROUP = new TextEncoder().encode(
  "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-rehearsal-4194305.scope\n",
);
/** With a hierarchy of version 1 above: a line that is not where it was is searched for. */
const OTHER_CGROUP = new TextEncoder().encode("1:name=rehearsal:/\n0::/rehearsal.scope\n");
const EXE = new TextEncoder().encode("/usr/lib/x86_64-linux-gnu/rehearsal/libexec/bin/rehearsal");
const CMDLINE = new TextEncoder().encode("rehearsal\0of\0nothing\0");
/** 1 GiB: 200 MiB of its own, the rest a file's. */
const STATM = new TextEncoder().encode("300000 262144 210944 0 0 0 0\n");
const OWN_KIB = 204_800;
/** So large that what is left would not do for it on any machine: a leak. */
const HUGE_KIB = 2 ** 40;
const STATUS = statusOf(OWN_KIB);
const HUGE_STATUS = statusOf(HUGE_KIB);

function statusOf(ownKib: number): Uint8Array {
  return new TextEncoder().encode(
    "Name:\trehearsal\nUid:\t65534\t65534\t65534\t65534\nThreads:\t2\nVmLck:\t  64 kB\n" +
      `RssAnon:\t  ${ownKib} kB\nRssFile:\t  843776 kB\nRssShmem:\t  1024 kB\n` +
      `VmSwap:\t  ${ownKib} kB\n` +
      "voluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t2\n",
  );
}

/** A process like any other: of one parent, so that all of them together are a group. */
const STAT = new TextEncoder().encode(
  "1 (rehearsal  ) S 4194305 4194306 4194306 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 2 0 100 0 1000 0\n",
);
/** Init and the daemon itself, which are spared: of another group; their first threads ended. */
const SPARED_STAT = new TextEncoder().encode(
  "1 (rehearsal) Z 0000001 0000001 0000001 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 2 0 100 0 1000 0\n",
);

/** It ran for as long as it waited for a processor. */
const SCHEDSTAT = new TextEncoder().encode("1000000000 1000000000 10\n");

/** What all of them have in these files. */
const FILES: Readonly<Partial<Record<ProcessFile, Uint8Array>>> = {
  oom_score: SCORE,
  oom_score_adj: ADJ,
  stat: STAT,
  statm: STATM,
  status: STATUS,
  cgroup: CGROUP,
  exe: EXE,
  cmdline: CMDLINE,
  schedstat: SCHEDSTAT,
};

const SPARED_FILES: typeof FILES = { ...FILES, stat: SPARED_STAT, cgroup: OTHER_CGROUP };

/** When all of them were started: a storm is of those who were a moment ago. */
const STARTED_MS = 10_000;
/** Where its parent's pid stands; in a storm all of them are parents. */
const PARENT_AT = "1 (rehearsal  ) S ".length;
const PARENT_DIGITS = 7;
const PARENT = 4194305;

function putParent(pid: number): void {
  let rest = pid;
  for (let i = PARENT_DIGITS - 1; i >= 0; i--) {
    STAT[PARENT_AT + i] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

/** Where its name has a letter that is another one in each scene: a name never seen is new work. */
const NEW_LETTER = "1 (rehearsal ".length;
const FIRST_LETTER = 33;

/** So is a number never seen: the engine keeps the texts of the last ones that it printed. */
let score = HIGHEST_SCORE;
function changeScore(): void {
  score = score > LOWEST_SCORE ? score - 1 : HIGHEST_SCORE;
  let rest = score;
  for (let i = SCORE.length - 2; i >= 0; i--) {
    SCORE[i] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

/** What the understudy is asked to play. */
export interface Part {
  readonly victimEnds: boolean;
  /** Each of them starts others: they are a group by their process group, not by their parent. */
  readonly isStorm?: boolean;
  /** How many processes there are. */
  readonly processes?: number;
  /** They hold more than any machine has; or what they hold, they held before. */
  readonly isHuge?: boolean;
  readonly tookNothing?: boolean;
  /** How far the clock is put forward by each wait. */
  readonly waitMs?: number;
}

/** What all of them together took, KiB; memory was lost to nobody else. */
export function takenKib({ isHuge, processes = PROCESSES, tookNothing }: Part): number {
  if (tookNothing === true) {
    return 0;
  }
  const taken = processes === PROCESSES ? PROCESSES - SPARED : processes;
  return taken * 2 * (isHuge === true ? HUGE_KIB : OWN_KIB);
}

/**
 * The kernel, but nothing that happens to it matters. Each verb is named: one that is new is to be
 * thought about. What harms is called with an object that does not exist, for the sake of the code
 * on the way.
 */
export function understudy(sys: Sys, scene: () => Part, canLock: boolean): Sys {
  /** Waits are over at once, and the clock is put forward. */
  let aheadMs = 0;
  return {
    ...reader(sys, scene),
    nowMs: () => sys.nowMs() + aheadMs,
    wallMs: () => sys.wallMs() + aheadMs,
    holdHangup: () => {},
    moveDescriptor: () => 0,
    watchSignals: () => 0,
    nextSignal: () => 0,
    signalSender: () => null,
    watchPressure: () => 0,
    // The null device can always be read, as the pidfd of a process that has ended.
    watch: (source) => sys.watch(source, NO_FILE),
    hasEnded: (pidfd) => sys.hasEnded(pidfd) && scene().victimEnds,
    restoreOutput: () => {},
    canWrite: () => {
      sys.canWrite(NO_FILE);
      return true;
    },
    // Nobody may know it; or they do not share it, for then all are victims, and no group is.
    compareMemory: () => (scene().isHuge === true ? sys.compareMemory(NOBODY, NOBODY) : 1),
    wait: (ms) => {
      aheadMs += scene().waitMs ?? ms;
      // A part of a millisecond is another kind of number.
      return sys.wait(ms % 1);
    },
    openPidfd: () => {
      sys.openPidfd(NOBODY);
      return sys.openToRead(NULL_DEVICE);
    },
    sendSignal: () => {
      sys.sendSignal(NO_FILE, 0);
      return 0;
    },
    signalProcess: () => sys.signalProcess(NOBODY, 0),
    hurry: () => sys.hurry(NOBODY),
    signalGroup: () => {
      sys.signalGroup(NOBODY, 0);
      return 0;
    },
    releaseMemory: () => sys.releaseMemory(NO_FILE),
    writeFile: (_path, text) => sys.writeFile(NULL_DEVICE, text),
    write: (_fd, text) => sys.write(NO_FILE, text),
    sendDatagram: (_socket, text) => sys.sendDatagram(NULL_DEVICE, text),
    raisePriority: () => 0,
    lockMemory: () => (canLock ? sys.lockRange(NO_PAGES) : REFUSED),
    unlockMemory: () => 0,
    lockRange: () => sys.lockRange(NO_PAGES),
    advise: () => 0,
    holdPidFile: () => 0,
    removeFile: () => 0,
    mapFile: () => REFUSED,
    replaceFile: () => 0,
    makeDirectory: () => 0,
    listNames: () => [],
    readHandover: () => null,
    startBeside: () => 0,
    restart: () => 0,
  };
}

/** Copies bytes; a loop, for what the engine has for that the daemon does not need. */
function put(from: Uint8Array, into: Uint8Array, at: number): void {
  for (let i = 0; i < from.length; i++) {
    into[at + i] = from[i] ?? 0;
  }
}

/** Reading harms nobody; but the processes it finds are made up. */
function reader(sys: Sys, scene: () => Part) {
  let played: Part | null = null;
  const say = (text: Uint8Array) => {
    put(text, sys.text, 0);
    return text.length;
  };
  return {
    text: sys.text,
    pids: sys.pids,
    tids: sys.tids,
    bootMs: () => {
      const ms = sys.bootMs();
      return scene().isStorm === true ? STARTED_MS : ms;
    },
    pageKib: sys.pageKib,
    readMemoryTotals: (into) => sys.readMemoryTotals(into),
    openToRead: (path) => sys.openToRead(path),
    readFromStart: (fd) => sys.readFromStart(fd),
    readFile: (path) => sys.readFile(path),
    readAt: (fd, bytes, offset) => sys.readAt(fd, bytes, offset),
    readProcessFile: (pid, name) => {
      // That of one who exists would be read on a thread, and there is to be one only.
      const length = sys.readProcessFile(name === "cmdline" ? NOBODY : pid, name);
      if (name === "stat") {
        putParent(scene().isStorm === true ? pid : PARENT);
      }
      const isSpared = pid === INIT || pid === ITSELF;
      const isHuge = name === "status" && scene().isHuge === true;
      const text = isHuge ? HUGE_STATUS : (isSpared ? SPARED_FILES : FILES)[name];
      return text === undefined ? length : say(text);
    },
    readTaskFile: (pid, tid, name) => sys.readTaskFile(pid, tid, name),
    listProcesses: (isMore) => {
      const count = sys.listProcesses(isMore);
      if (count === -Errno.EAGAIN) {
        return count;
      }
      if (played !== scene()) {
        played = scene();
        changeScore();
        STAT[NEW_LETTER] = Math.max(FIRST_LETTER, ((STAT[NEW_LETTER] ?? 0) + 1) % 127);
      }
      const wanted = scene().processes ?? PROCESSES;
      for (let i = 0; i < wanted; i++) {
        // The youngest, while there are enough.
        sys.pids[i] = i < count ? (sys.pids[Math.max(0, count - wanted) + i] ?? 0) : NOBODY - 1;
      }
      if (wanted === PROCESSES) {
        sys.pids[0] = INIT;
        sys.pids[1] = ITSELF;
      }
      return wanted;
    },
    listTasks: (pid) => sys.listTasks(pid),
    openShmemKib: (pid, sinceWallMs) => sys.openShmemKib(pid, sinceWallMs),
    readAttribute: (path, name) => sys.readAttribute(path, name),
    ownerOf: (path) => {
      sys.ownerOf(path);
      return SOMEBODY;
    },
    close: (fd) => sys.close(fd),
    isTextUniform: (length) => sys.isTextUniform(length),
    isBlank: (range) => sys.isBlank(range),
    collectGarbage: () => {},
    pageFaults: () => sys.pageFaults(),
    systemName: () => sys.systemName(),
    ownPid: () => ITSELF,
    ownUid: () => sys.ownUid(),
  } satisfies Partial<Sys>;
}
