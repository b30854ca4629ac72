import { errnoSentence } from "../model/errno.ts";
import type { Hook } from "../model/hook.ts";
import { escapeName } from "../report/escape.ts";
import { programProblem } from "./hook-program.ts";
import type { Account } from "./users.ts";

/** Between SIGTERM and SIGKILL, at its limit. */
const GRACE_MS = 2_000;
/** What it may still have to say when it is gone: somebody whom it left may hold its output. */
const LINGER_MS = 500;
/** What is kept of what it writes, and how much it may write at all. */
const KEPT_LINES = 10;
const KEPT_CHARACTERS = 200;
const KEPT_BYTES = KEPT_LINES * KEPT_CHARACTERS * 4;
const MOST_BYTES = 1024 * 1024;

/** What a hook is given. */
export interface HookCall {
  readonly env: Readonly<Record<string, string>>;
  /** For its standard input. */
  readonly input: string;
  readonly accountOf: (uid: number) => Account | null;
  /** Ends it at once. */
  readonly stop: AbortSignal;
}

/** How a hook ran. All texts are escaped. */
export interface HookRun {
  /** The first lines that it wrote. */
  readonly lines: readonly string[];
  /** What went wrong, as the end of a sentence, or null. */
  readonly problem: string | null;
}

/** As whom it runs, or why it cannot. */
function identityOf(hook: Hook, { accountOf, env }: HookCall, euid: number) {
  if (hook.uid === null || hook.uid === euid) {
    return { env };
  }
  const account = accountOf(hook.uid);
  if (euid !== 0 || account === null) {
    return euid === 0
      ? `there is no user ${hook.uid} in /etc/passwd`
      : `only root can run it as user ${hook.uid}`;
  }
  const { gid, home, name } = account;
  return { env: { ...env, HOME: home, USER: name, LOGNAME: name }, uid: hook.uid, gid };
}

/** Sends a signal to all of a group. */
function signalGroup(pgid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pgid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/**
 * Runs a hook to its end, or to its limit: in a session of its own, with nothing of ours but its
 * arguments, environment and standard input. What it leaves running in its group ends with it.
 */
export async function runHook(hook: Hook, call: HookCall): Promise<HookRun> {
  const [program = ""] = hook.run;
  const euid = process.geteuid?.() ?? -1;
  const identity = identityOf(hook, call, euid);
  const refusal = typeof identity === "string" ? identity : programProblem(program, euid);
  if (typeof identity === "string" || refusal !== null) {
    return { lines: [], problem: refusal };
  }
  let child;
  try {
    child = Bun.spawn([...hook.run], {
      ...identity,
      cwd: "/",
      detached: true,
      // A file in memory: a hook that does not read keeps nobody waiting.
      stdio: [new TextEncoder().encode(call.input), "pipe", "pipe"],
    });
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    return { lines: [], problem: `it cannot be started: ${errnoSentence(Math.abs(errno))}` };
  }
  const { pid } = child;
  let ending = "";
  let last: Timer | undefined;
  const end = (why: string) => {
    if (ending === "") {
      ending = why;
      signalGroup(pid, "SIGTERM");
      last = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
    }
  };
  const abandon = () => {
    end("it was ended, for bustd announce was told to stop");
    signalGroup(pid, "SIGKILL");
  };
  call.stop.addEventListener("abort", abandon);
  const limitS = hook.timeoutMs / 1000;
  const limit = setTimeout(() => end(`it was ended at its limit of ${limitS} s`), hook.timeoutMs);
  const output = new Output(() => end("it was ended, for it wrote more than 1 MiB"));
  const heard = Promise.all([output.drain(child.stdout), output.drain(child.stderr)]);
  const exitCode = await child.exited;
  clearTimeout(limit);
  clearTimeout(last);
  signalGroup(pid, "SIGKILL");
  call.stop.removeEventListener("abort", abandon);
  await Promise.race([heard, Bun.sleep(LINGER_MS)]);
  const how =
    child.signalCode === null ? `exit code ${exitCode}` : `it died of ${child.signalCode}`;
  const problem = ending === "" ? (exitCode === 0 ? null : how) : ending;
  return { lines: output.lines(), problem };
}

/** What a hook writes, the beginning of it. */
class Output {
  #bytes = 0;
  #kept = "";
  readonly #overflow: () => void;

  constructor(overflow: () => void) {
    this.#overflow = overflow;
  }

  async drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      const room = KEPT_BYTES - this.#kept.length;
      this.#kept += room > 0 ? decoder.decode(chunk.subarray(0, room), { stream: true }) : "";
      this.#bytes += chunk.length;
      if (this.#bytes > MOST_BYTES) {
        this.#overflow();
      }
    }
  }

  lines(): readonly string[] {
    const lines = this.#kept.split("\n").filter((line) => line.trim() !== "");
    const kept = lines.slice(0, KEPT_LINES).map((line) => {
      const isLong = line.length > KEPT_CHARACTERS;
      return escapeName(isLong ? `${line.slice(0, KEPT_CHARACTERS)}…` : line);
    });
    const isCut = lines.length > KEPT_LINES || this.#bytes > KEPT_BYTES;
    return isCut ? [...kept, "… and more, which is left out"] : kept;
  }
}
