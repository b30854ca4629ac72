/** A process that a signal ended. Moments in ms since the story began. */
export interface Death {
  name: string;
  pid: number;
  signal: number;
  /** "kernel" for its OOM killer, "daemon" for the daemon on duty, else the sender's name. */
  by: string;
  /** When the signal was sent. */
  signalledAtMs: number;
  /** When the process was gone. */
  atMs: number;
}

/** A signal that ended nobody: it was ignored, or the end came by a later one or not at all. */
export type LostSignal = Omit<Death, "atMs">;

interface Sent {
  pid: number;
  name: string;
  signal: number;
  /** 0 from a process, 128 (SI_KERNEL) from the kernel, in whose context soever; sigaction(2). */
  code: number;
  senderPid: number;
  senderName: string;
  atUs: number;
}

/** What the kernel's tracepoints told: signals sent, ends of tasks by pid in µs since boot, choices
 * of the OOM killer. */
interface Trace {
  sent: Sent[];
  exits: Map<number, number>;
  oomVictims: Set<number>;
}

const SI_KERNEL = 128;

const traceLine = /^\d+ \s*(.*)-(\d+)\s+\[\d+\]\s+\S+\s+(\d+)\.(\d{6}): (\w+): (.*)$/;

/** Reads lines of tracefs's trace_pipe, each after the moment it was read. */
export function readTrace(lines: string[]): Trace {
  const trace: Trace = { sent: [], exits: new Map(), oomVictims: new Set() };
  for (const line of lines) {
    const parts = traceLine.exec(line);
    if (!parts) continue;
    const [, senderName = "", sender, seconds, micros, event, rest = ""] = parts;
    const atUs = Number(seconds) * 1e6 + Number(micros);
    if (event === "mark_victim") trace.oomVictims.add(Number(/^pid=(\d+)/.exec(rest)?.[1]));
    const pid = Number(/.* pid=(\d+)/.exec(rest)?.[1]);
    if (event === "sched_process_exit") trace.exits.set(pid, atUs);
    if (event !== "signal_generate") continue;
    const [, number, code, name = ""] =
      /sig=(\d+) .*code=(-?\d+) .*comm=(.*) pid=/.exec(rest) ?? [];
    const [signal, senderPid] = [Number(number), Number(sender)];
    trace.sent.push({ pid, name, signal, code: Number(code), senderPid, senderName, atUs });
  }
  return trace;
}

/** Who else took part: the story's processes by pid, when the first process reaped them and with
 * which wait status (µs since boot; only its own children), the daemon's pid or -1, and when the
 * story began. */
interface Surroundings {
  names: Map<number, string>;
  reaped: Map<number, { atUs: number; status: number }>;
  daemonPid: number;
  beginUs: number;
}

/** Of the signals sent to one process, the one that ended it: by its wait status if that is known;
 * else SIGKILL (a dying process may still get SIGBUS from its released memory); else the last. */
function fatalSignal(signals: Sent[], status = 0): Sent | undefined {
  const known = signals.find(({ signal }) => signal === (status & 127));
  return known ?? signals.find(({ signal }) => signal === 9) ?? signals.at(-1);
}

/** Tells the signals that ended a process from those that did not. */
export function deathsOf(trace: Trace, around: Surroundings) {
  const deaths: Death[] = [];
  const lost: LostSignal[] = [];
  const byPid = Map.groupBy(trace.sent, ({ pid }) => pid);
  for (const sent of trace.sent) {
    const { pid, name, signal, code, senderPid, senderName, atUs } = sent;
    if (atUs < around.beginUs || pid === around.daemonPid) continue;
    const sender = around.names.get(senderPid) ?? senderName;
    const byDaemon = senderPid === around.daemonPid && code !== SI_KERNEL;
    const byKernel = signal === 9 && trace.oomVictims.has(pid);
    const others = byKernel ? "kernel" : sender;
    const death: LostSignal = {
      name: around.names.get(pid) ?? name,
      pid,
      signal,
      by: byDaemon ? "daemon" : others,
      signalledAtMs: (atUs - around.beginUs) / 1000,
    };
    const reaped = around.reaped.get(pid);
    const goneUs = reaped?.atUs ?? trace.exits.get(pid) ?? 0;
    const isFatal = fatalSignal(byPid.get(pid) ?? [], reaped?.status) === sent && goneUs >= atUs;
    if (isFatal) deaths.push({ ...death, atMs: (goneUs - around.beginUs) / 1000 });
    else lost.push(death);
  }
  return { deaths, lost };
}
