import { abandonKills } from "../crisis/aftermath.ts";
import { selectAsked } from "../crisis/select.ts";
import type { Daemon } from "../daemon-state.ts";
import { restart } from "../footprint/renewal.ts";
import { flush, keepState } from "../recorder/recorder.ts";
import { notify } from "../report/systemd.ts";
import { Signal, Source } from "../sys/sys.ts";
import type { WaitSource } from "./source.ts";

/** Somebody wants something of the daemon; they wait from the first moment of a start on. */
export const signals: WaitSource = { open: null, heed };

function heed(daemon: Daemon, wake: number): boolean {
  if ((wake & Source.signals) !== 0 && hear(daemon)) {
    stop(daemon);
    return false;
  }
  // A kill that is going on comes first.
  if (daemon.crisis.kills.length > 0) {
    return true;
  }
  if (daemon.isStateAsked) {
    daemon.isStateAsked = false;
    keepAsked(daemon);
  }
  if (daemon.heard === Signal.SIGHUP) {
    daemon.heard = 0;
    reload(daemon);
  }
  return true;
}

/** Somebody wants to know how things stand: that is an incident in which nobody is killed. */
function keepAsked(daemon: Daemon): void {
  if (daemon.recorder !== null) {
    keepState(daemon.recorder, selectAsked(daemon));
  }
}

/** Notes the signals that came; whether one of them means the end. Others mean nothing. */
function hear(daemon: Daemon): boolean {
  for (let signal = daemon.sys.nextSignal(); signal > 0; signal = daemon.sys.nextSignal()) {
    if (isEnd(signal)) {
      daemon.heard = signal;
    } else if (signal === Signal.SIGHUP) {
      daemon.heard = isEnd(daemon.heard) ? daemon.heard : signal;
    } else if (signal === Signal.SIGUSR1) {
      daemon.isStateAsked = true;
    } else if (signal === Signal.SIGUSR2 && daemon.warner !== null) {
      daemon.warner.asked(daemon);
    }
  }
  return isEnd(daemon.heard);
}

function isEnd(signal: number): boolean {
  return signal === Signal.SIGTERM || signal === Signal.SIGINT || signal === Signal.SIGQUIT;
}

function stop(daemon: Daemon): void {
  const { inheritance, report, sys } = daemon;
  notify(sys, inheritance.notifySocket, "STOPPING=1");
  abandonKills(daemon);
  report({ kind: "stopped", signal: daemon.heard });
  if (daemon.recorder !== null) {
    flush(daemon.recorder);
  }
  if (inheritance.pidFileFd >= 0) {
    sys.removeFile(inheritance.pidFile);
  }
}

/** Starts again from the first stage, which reads the files; returns only when that failed. */
function reload(daemon: Daemon): void {
  const { inheritance, options, report, sys } = daemon;
  report({ kind: "reloading" });
  if (daemon.recorder !== null) {
    flush(daemon.recorder);
  }
  const state = `RELOADING=1\nMONOTONIC_USEC=${Math.round(sys.nowMs() * 1000)}`;
  notify(sys, inheritance.notifySocket, state);
  restart(daemon, "BUSTD_RELOAD_FD", {});
  const dry = options.dryRun ? ", in a dry run" : "";
  const status = `STATUS=Watching${dry}, with the options as before`;
  notify(sys, inheritance.notifySocket, `READY=1\n${status}`);
}
