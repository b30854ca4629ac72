import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../scripts/compile.ts";

const PROGRAMS = join(import.meta.dir, "../sys/programs");
const NOBODY = 65534;

export const isRoot = process.geteuid?.() === 0;

interface Running {
  readonly pid: number;
  /** The next line the program writes; "" when it has ended. */
  readonly line: () => Promise<string>;
  /** Everything it writes from now to its end. */
  readonly rest: () => Promise<string>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly exited: Promise<number>;
  [Symbol.dispose](): void;
}

/**
 * Starts one of `tests/sys/programs/`: for what would change the process that runs the tests.
 * `using program = …` kills it at the end.
 */
export function startProgram(
  name: string,
  args: readonly string[] = [],
  as: "me" | "nobody" = "me",
): Running {
  return start([process.execPath, join(PROGRAMS, `${name}.ts`), ...args], as);
}

/** A program that was compiled as bustd is, and so has one thread only. */
export async function compileProgram(name: string) {
  const directory = mkdtempSync(join(tmpdir(), "bustd-program-"));
  const path = join(directory, name);
  await compile(join(PROGRAMS, `${name}.ts`), path);
  return {
    start: () => start([path], "me"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

function start(command: readonly string[], as: "me" | "nobody"): Running {
  const user = as === "nobody" ? { uid: NOBODY, gid: NOBODY } : {};
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "inherit"], ...user });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  const more = async () => {
    const { value, done } = await reader.read();
    buffer += decoder.decode(value, { stream: !done });
    return !done;
  };
  return {
    pid: child.pid,
    line: async () => {
      while (!buffer.includes("\n") && (await more()));
      const [line = "", ...others] = buffer.split("\n");
      buffer = others.join("\n");
      return line;
    },
    rest: async () => {
      while (await more());
      return buffer;
    },
    signal: (signal) => child.kill(signal),
    exited: child.exited,
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

/** A process that does nothing until it is killed, as `using sleeper = startSleeper()`. */
export function startSleeper(detached = false) {
  const child = Bun.spawn(["sleep", "1000"], {
    stdio: ["ignore", "ignore", "ignore"],
    detached,
  });
  return {
    pid: child.pid,
    /** The signal that ended it, once its pid is free again. */
    endedBy: async () => {
      await child.exited;
      return child.signalCode;
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}
