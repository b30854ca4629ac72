import { At, base, text, tids, u32, u64 } from "./arena.ts";
import { startBeside } from "./beside.ts";
import * as files from "./files.ts";
import { libc } from "./libc.ts";
import { openShmemKib } from "./open-files.ts";
import * as pages from "./pages.ts";
import * as processes from "./processes.ts";
import * as self from "./self.ts";
import * as stored from "./stored.ts";
import type { Sys } from "./sys.ts";
import * as waiting from "./waiting.ts";

/** sysinfo(2): eight-byte fields, then the unit of all of them at byte 104. */
function readMemoryTotals(into: Parameters<Sys["readMemoryTotals"]>[0]): void {
  libc.sysinfo(base + At.sysinfo);
  const kibPerUnit = u32(At.sysinfo + 104) / 1024;
  into.totalKib = u64(At.sysinfo + 32) * kibPerUnit;
  into.freeKib = u64(At.sysinfo + 40) * kibPerUnit;
  into.swapTotalKib = u64(At.sysinfo + 64) * kibPerUnit;
  into.swapFreeKib = u64(At.sysinfo + 72) * kibPerUnit;
}

/** The kernel itself. */
export const linux: Sys = {
  text,
  get pids() {
    return files.pidsOfList();
  },
  tids,
  pageKib: libc.getpagesize() / 1024,
  readMemoryTotals,
  nowMs: waiting.nowMs,
  bootMs: waiting.bootMs,
  wallMs: waiting.wallMs,
  holdHangup: waiting.holdHangup,
  watchSignals: waiting.watchSignals,
  nextSignal: waiting.nextSignal,
  signalSender: waiting.signalSender,
  watchPressure: waiting.watchPressure,
  watch: waiting.watch,
  hasEnded: waiting.hasEnded,
  wait: waiting.wait,
  openToRead: files.openToRead,
  readFromStart: files.readFromStart,
  readAt: files.readAt,
  readFile: files.readFile,
  readProcessFile: files.readProcessFile,
  readTaskFile: files.readTaskFile,
  listProcesses: files.listProcesses,
  listTasks: files.listTasks,
  openShmemKib,
  readAttribute: files.readAttribute,
  ownerOf: files.ownerOf,
  close: files.close,
  moveDescriptor: files.moveDescriptor,
  write: files.write,
  restoreOutput: files.restoreOutput,
  canWrite: waiting.canWrite,
  writeFile: files.writeFile,
  removeFile: files.removeFile,
  openPidfd: processes.openPidfd,
  sendSignal: processes.sendSignal,
  signalProcess: processes.signalProcess,
  hurry: processes.hurry,
  signalGroup: processes.signalGroup,
  compareMemory: processes.compareMemory,
  releaseMemory: processes.releaseMemory,
  raisePriority: self.raisePriority,
  lockMemory: pages.lockMemory,
  unlockMemory: pages.unlockMemory,
  lockRange: pages.lockRange,
  advise: pages.advise,
  isTextUniform: pages.isTextUniform,
  isBlank: pages.isBlank,
  pageFaults: pages.pageFaults,
  collectGarbage: self.collectGarbage,
  mapFile: stored.mapFile,
  replaceFile: stored.replaceFile,
  makeDirectory: stored.makeDirectory,
  listNames: stored.listNames,
  systemName: self.systemName,
  ownPid: self.ownPid,
  ownUid: self.ownUid,
  sendDatagram: self.sendDatagram,
  holdPidFile: self.holdPidFile,
  readHandover: self.readHandover,
  startBeside,
  restart: self.restart,
};
