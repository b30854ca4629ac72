import { emptyCrisis } from "./crisis/crisis.ts";
import type { Daemon, Warner } from "./daemon-state.ts";
import { emptyRenewal } from "./footprint/footprint.ts";
import { Errno, errnoSentence } from "./model/errno.ts";
import type { Event, Report } from "./model/event.ts";
import { ExitCode } from "./model/exit-codes.ts";
import type { Handover } from "./model/handover.ts";
import type { Needs } from "./model/process.ts";
import { emptyReading } from "./model/reading.ts";
import { emptyCourse } from "./policy/course.ts";
import { needsAll, needsOf } from "./policy/matching.ts";
import { askedOf } from "./policy/pace.ts";
import { isAtLeast } from "./readings/kernel-version.ts";
import { listAll } from "./readings/list.ts";
import { exeOf } from "./readings/processes.ts";
import { openRecorder } from "./recorder/open.ts";
import { type Recorder, recording } from "./recorder/recorder.ts";
import { notify } from "./report/systemd.ts";
import { openSources } from "./sources.ts";
import type { Sys } from "./sys/sys.ts";
import { emptyLedger } from "./watch/ledger.ts";
import { lookClosely, openMachine } from "./watch/look.ts";

const INIT = 1;

/**
 * Start-up, in the order in which a user wants to hear of it; an exit code when it cannot hold its
 * pid file. Until this is over, and no longer, the daemon may give up.
 */
export function start(
  sys: Sys,
  { inheritance, options, standing = "" }: Handover,
  report: Report,
  version: string,
  warner: Warner | null = null,
): Daemon | ExitCode {
  const tell: Report = inheritance.isRenewed ? () => {} : report;
  const blocked = sys.watchSignals();
  let { pidFileFd } = inheritance;
  if (pidFileFd < 0 && inheritance.pidFile !== "") {
    pidFileFd = sys.holdPidFile(inheritance.pidFile);
    // In the foreground there may be no place for one; a second daemon is one too many in any case.
    if (pidFileFd === -Errno.EAGAIN || (pidFileFd < 0 && options.daemonize)) {
      return refusePidFile(sys, inheritance, report, -pidFileFd);
    }
  }
  const missing = whatIsMissing(sys);
  if (missing !== "") {
    if (pidFileFd >= 0) {
      sys.removeFile(inheritance.pidFile);
    }
    return giveUp(sys, inheritance, report, missing);
  }
  // In a fork storm nobody of nice 0 gets a processor: 20 s to the first kill, 0.3 s with this
  // (measured). At nice -20 it still waited for memory with all others when it opened a file, for
  // 20 s: the kernel lets real-time threads have of its reserve (gfp_to_alloc_flags() of
  // mm/page_alloc.c). Who may not do it has to live with what it was started with.
  sys.raisePriority();
  const { architecture, host, release, system } = sys.systemName();
  tell({ kind: "started", version, system, host, release, architecture });
  sayBlocked(blocked, tell);
  sayNoPidFile(pidFileFd, inheritance.pidFile, tell);
  const machine = openMachine(sys);
  const reading = emptyReading();
  lookClosely(sys, machine, reading);
  const recorder = recorderFor(sys, { inheritance, options, standing }, version, tell);
  const daemon: Daemon = {
    sys,
    options,
    inheritance: { ...inheritance, pidFileFd },
    report: recorder === null ? report : recording(recorder, report),
    recorder,
    ownPid: sys.ownPid(),
    ownExe: exeOf(sys, sys.ownPid()) ?? "",
    asked: askedOf(options, reading),
    needs: needsOf(options),
    extent: needsAll(options) ? "all" : "largest",
    isOldScale: !isAtLeast(release, 5, 9),
    machine,
    reading,
    ledger: emptyLedger(),
    course: emptyCourse(),
    crisis: emptyCrisis(),
    warner,
    renewal: emptyRenewal(sys, options.trim),
    heard: 0,
    isStateAsked: false,
    watchdogAtMs: -Infinity,
  };
  if (daemon.needs.cmdline) {
    // What reads command lines in time is brought in now, not in the crisis.
    sys.readProcessFile(daemon.ownPid, "cmdline");
  }
  sayWhatItSees(daemon, tell);
  return daemon;
}

function sayNoPidFile(fd: number, path: string, tell: Report): void {
  if (fd < 0 && path !== "") {
    tell({ kind: "no-pid-file", errno: -fd, path });
  }
}

function sayBlocked(blocked: number, tell: Report): void {
  if (blocked < 0) {
    const sentence = `SIGHUP and SIGTERM end bustd at once: signalfd, ${errnoSentence(-blocked)}`;
    tell({ kind: "problem", sentence });
  }
}

/** Ends the start, and tells the command that waits for the daemon why. */
function giveUp(
  sys: Sys,
  { readyFd }: Handover["inheritance"],
  report: Report,
  sentence: string,
): ExitCode {
  report({ kind: "problem", sentence });
  if (readyFd >= 0) {
    sys.write(readyFd, sentence);
  }
  return ExitCode.notStarted;
}

/** Why no kill could be made, in words; "" when one can. */
function whatIsMissing(sys: Sys): string {
  const missing = spareDescriptors(sys);
  if (missing < 0) {
    return (
      `descriptors for a kill cannot be had, ${errnoSentence(-missing)}: ` +
      "raise LimitNOFILE, or ulimit -n"
    );
  }
  const listed = listedAtLast(sys);
  return listed < 0 ? `the processes in /proc cannot be listed, ${errnoSentence(-listed)}` : "";
}

/** A filter refuses it each time. */
const TRIES = 10;

/** How many processes there are, or the negative error number of the last of many tries. */
function listedAtLast(sys: Sys): number {
  let listed = -1;
  for (let tries = 0; listed < 0 && tries < TRIES; tries++) {
    listed = listAll(sys);
  }
  return listed;
}

/** Opens the flight recorder where there is a place for one; says so when it cannot be had. */
function recorderFor(
  sys: Sys,
  { inheritance: { places, isRenewed }, options, standing = "" }: Handover,
  version: string,
  tell: Report,
): Recorder | null {
  if (places === null) return null;
  const { recorder, errno } = openRecorder(sys, places, { options, version, standing, isRenewed });
  if (errno > 0) tell({ kind: "no-recorder", errno });
  return recorder;
}

/** What a daemon that watches has open, and a scan and a kill take beside that. */
const MOST_DESCRIPTORS = 10;

/** Whether so many descriptors can be had: 0, or the negative error number of the first refusal. */
function spareDescriptors(sys: Sys): number {
  const spare: number[] = [];
  let refusal = 0;
  while (spare.length < MOST_DESCRIPTORS && refusal === 0) {
    const fd = sys.openToRead("/dev/null");
    if (fd >= 0) {
      spare.push(fd);
    } else {
      refusal = fd === -Errno.EMFILE ? fd : 0;
      break;
    }
  }
  for (const fd of spare) {
    sys.close(fd);
  }
  return refusal;
}

/** Tells what the machine lets it do, and what makes it act. */
function sayWhatItSees(daemon: Daemon, tell: Report): void {
  const { machine, needs, options, reading, sys } = daemon;
  openSources(daemon, tell);
  machine.isBlindSaid = machine.isBlind;
  if (machine.isBlind) {
    tell({ kind: "meminfo", isLost: true });
  }
  // Nobody may look at init's but who has CAP_SYS_PTRACE; proc_pid_exe(5).
  if (needs.exe && sys.readProcessFile(INIT, "exe") < 0) {
    tell(blindOnExe(needs));
  }
  tell({ kind: "watching", options, reading });
}

function blindOnExe({ exeProtects }: Needs): Event {
  const sentence = exeProtects
    ? "rules that protect by exe spare everybody whose executable cannot be seen: " +
      "that takes CAP_SYS_PTRACE"
    : "rules on exe match nobody whose executable cannot be seen: that takes CAP_SYS_PTRACE";
  return { kind: "problem", sentence };
}

/** Tells systemd, or the command that waits for it, that the daemon is up. */
export function announce({ inheritance, sys }: Daemon): void {
  notify(sys, inheritance.notifySocket, "READY=1");
  if (inheritance.readyFd >= 0) {
    sys.write(inheritance.readyFd, "up");
    sys.close(inheritance.readyFd);
  }
}

function refusePidFile(
  sys: Sys,
  inheritance: Handover["inheritance"],
  report: Report,
  errno: number,
): ExitCode {
  const isHeld = errno === Errno.EAGAIN;
  const because = isHeld ? "another bustd is running and holds it" : errnoSentence(errno);
  const sentence = `cannot use the pid file ${inheritance.pidFile}: ${because}`;
  const code = giveUp(sys, inheritance, report, sentence);
  return isHeld ? ExitCode.alreadyRunning : code;
}
