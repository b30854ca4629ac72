import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const TMUX = Bun.which("tmux") ?? "";
const isBuilt = existsSync(EXECUTABLE);
const left = !isBuilt
  ? " (left out: npm run build makes dist/bustd)"
  : TMUX === ""
    ? " (left out: apt-get install tmux)"
    : "";

const directory = mkdtempSync(join(tmpdir(), "bustd-top-"));
const terminals: Terminal[] = [];
afterAll(() => {
  for (const terminal of terminals) {
    terminal.end();
  }
  rmSync(directory, { recursive: true });
});

/** A terminal of tmux's in which a shell runs. */
class Terminal {
  readonly #socket: string;

  constructor(name: string, columns: number, rows: number) {
    this.#socket = join(directory, name);
    const size = ["-x", String(columns), "-y", String(rows)];
    terminals.push(this);
    this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, "env PS1='$ ' sh");
  }

  #tmux(...words: readonly string[]): string {
    const env = { ...process.env, LC_ALL: "C.UTF-8", SHELL: "/bin/sh", NO_COLOR: "" };
    const { stdout } = Bun.spawnSync([TMUX, "-u", "-S", this.#socket, ...words], { env });
    return stdout.toString();
  }

  /** Waits for the shell's prompt. */
  async ready(): Promise<this> {
    await this.until((shown) => shown.startsWith("$"));
    return this;
  }

  type(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  shown(): string {
    return this.#tmux("capture-pane", "-p");
  }

  /** Whether the cursor is shown and the alternate screen is on. */
  modes(): string {
    return this.#tmux("display", "-p", "#{cursor_flag} #{alternate_on}").trim();
  }

  /** The pid of bustd on this terminal. */
  pid(): number {
    const tty = this.#tmux("display", "-p", "#{pane_tty}").trim().replace("/dev/", "");
    const { stdout } = Bun.spawnSync(["pgrep", "-t", tty, "-x", "bustd"]);
    const pid = Number(stdout.toString());
    if (!(pid > 0)) {
      throw new Error(`no bustd on ${tty}`);
    }
    return pid;
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  async until(isSo: (shown: string) => boolean): Promise<string> {
    for (let i = 0; i < 400; i++) {
      const shown = this.shown();
      if (isSo(shown)) {
        return shown;
      }
      await Bun.sleep(100);
    }
    throw new Error(`never seen; at last:\n${this.shown()}`);
  }

  end(): void {
    this.#tmux("kill-server");
  }
}

const isDrawn = (shown: string) => /^ +\d+ .* \d+M +\d+ /m.test(shown) && shown.includes("q quits");

describe.skipIf(left !== "")(`top in a terminal${left}`, () => {
  test.each([
    [80, 24],
    [200, 50],
  ])(
    "of %dx%d shows all that is named",
    async (columns, rows) => {
      const terminal = await new Terminal(`show-${columns}`, columns, rows).ready();
      terminal.type(`${EXECUTABLE} top`, "Enter");
      const shown = await terminal.until(isDrawn);
      const lines = shown.trimEnd().split("\n");
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const part of [/^Memory {2}[█░┃]+ \d/m, /^To go/m, /WHO GROWS/, /WOULD BE KILLED/]) {
        expect(shown).toMatch(part);
      }
      expect(shown).toContain("Available memory, % of");
      terminal.resize(100, 30);
      await terminal.until((text) => (text.split("\n")[0] ?? "").length === 100);
      terminal.end();
    },
    60_000,
  );

  const endings: readonly (readonly [string, (terminal: Terminal) => void])[] = [
    ["q", (terminal) => terminal.type("q")],
    ["Ctrl-C", (terminal) => terminal.type("C-c")],
    ["SIGTERM", (terminal) => process.kill(terminal.pid(), "SIGTERM")],
    ["SIGHUP", (terminal) => process.kill(terminal.pid(), "SIGHUP")],
  ];

  test.each(endings)(
    "that ends by %s is as it was before",
    async (name, end) => {
      const terminal = await new Terminal(`end-${name}`, 80, 24).ready();
      terminal.type("echo before", "Enter");
      await terminal.until((shown) => shown.includes("\nbefore"));
      terminal.type(`${EXECUTABLE} top; stty -a | grep -o '[-]*icanon'; echo after`, "Enter");
      await terminal.until(isDrawn);
      expect(terminal.modes()).toBe("0 1");
      end(terminal);
      const shown = await terminal.until((text) => text.includes("\nafter"));
      expect(shown).toContain("\nbefore");
      expect(shown).toContain("\nicanon");
      expect(terminal.modes()).toBe("1 0");
      terminal.end();
    },
    60_000,
  );

  test("that is stopped and goes on is drawn again", async () => {
    const terminal = await new Terminal("stop", 80, 24).ready();
    terminal.type("set -m", "Enter");
    terminal.type(`${EXECUTABLE} top`, "Enter");
    await terminal.until(isDrawn);
    terminal.type("C-z");
    await terminal.until(() => terminal.modes() === "1 0");
    expect(isDrawn(terminal.shown())).toBe(false);
    terminal.type("fg", "Enter");
    await terminal.until(isDrawn);
    terminal.type("q");
    await terminal.until(() => terminal.modes() === "1 0");
  }, 60_000);

  test("that goes away takes it along", async () => {
    const terminal = await new Terminal("die", 80, 24).ready();
    terminal.type(`${EXECUTABLE} top`, "Enter");
    await terminal.until(isDrawn);
    const pid = terminal.pid();
    terminal.end();
    for (let i = 0; i < 400 && existsSync(`/proc/${pid}`); i++) {
      await Bun.sleep(100);
    }
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  }, 60_000);

  test("is one plain frame for scripts", () => {
    const { exitCode, stdout } = Bun.spawnSync([EXECUTABLE, "top", "--once"], {
      env: { ...process.env, LC_ALL: "C" },
    });
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toMatch(/^Memory {2}[#.|]+ \d/m);
    expect(stdout.toString()).not.toContain("\x1b");
  });
});
