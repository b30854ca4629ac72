import { writeSync } from "node:fs";

/** The alternate screen without a cursor and without wrapping, and back as it was. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

const STDOUT = 1;
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_Z = "\x1a";
const STOPPING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Writes everything, or finds that nobody is there any more. */
function put(text: string): boolean {
  try {
    writeSync(STDOUT, text);
    return true;
  } catch (error) {
    // A terminal that is slow or stopped gets the next frame; one that is gone gets none.
    return (error as NodeJS.ErrnoException).code === "EAGAIN";
  }
}

/** A terminal that is held for a view that redraws in place; whatever ends it, it is given back. */
export class HeldTerminal {
  #isLeft = false;
  #isHeld = false;
  #wake = () => {};

  constructor() {
    const leave = () => this.#leave();
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (keys: string) => this.#press(keys));
    process.stdin.on("end", leave);
    process.stdin.on("error", leave);
    for (const signal of STOPPING) {
      process.on(signal, leave);
    }
    process.on("SIGCONT", () => {
      process.stdin.resume();
      this.#hold();
      this.#wake();
    });
    process.on("exit", () => this.release());
    process.stdout.on("resize", () => this.#wake());
    this.#hold();
  }

  /** Whether it is to end: by `q`, Ctrl-C, a signal, or because the terminal is gone. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Draws these lines over what was there. */
  draw(lines: readonly string[]): void {
    // Cleared before it is written: behind the last column there is nothing to clear.
    const frame = lines.map((line) => `${CLEAR_LINE}${line}`).join("\r\n");
    this.#isLeft ||= !put(`${HOME}${frame}${CLEAR_BELOW}`);
  }

  /** Waits so long, or until a key is pressed or the window changes its size. */
  async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#isLeft ? 0 : ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** Gives the terminal back as it was. */
  release(): void {
    if (!this.#isHeld) {
      return;
    }
    this.#isHeld = false;
    put(LEAVE);
    try {
      process.stdin.setRawMode?.(false);
    } catch {
      // The terminal is gone.
    }
    process.stdin.pause();
  }

  #leave(): void {
    this.#isLeft = true;
    this.#wake();
  }

  #hold(): void {
    this.#isHeld = true;
    try {
      process.stdin.setRawMode?.(true);
    } catch {
      this.#isLeft = true;
    }
    this.#isLeft ||= !put(ENTER);
  }

  #press(keys: string): void {
    if (keys.includes(CTRL_Z)) {
      this.release();
      process.kill(process.pid, "SIGSTOP");
    } else if (/[qQ]/.test(keys) || keys.includes(CTRL_C) || keys.includes(CTRL_D)) {
      this.#leave();
    } else {
      this.#wake();
    }
  }
}
