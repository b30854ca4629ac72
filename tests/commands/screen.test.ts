import { expect, test } from "bun:test";
import { join } from "node:path";

const SCREEN = join(import.meta.dir, "../../src/commands/screen.ts");

/** What a terminal of two rows gets of three lines, with a pager that prints one word. */
function shown(env: Readonly<Record<string, string>>): string {
  const code = `
    import { readScreen, show } from "${SCREEN}";
    await show("1\\n2\\n3\\n", { ...readScreen(), isTerminal: true, rows: 2 }, true);`;
  const all = { ...process.env, BUSTD_PAGER: "echo paged", ...env };
  return Bun.spawnSync([process.execPath, "-e", code], { env: all }).stdout.toString();
}

test("what does not fit is paged, but on a dumb terminal", () => {
  expect(shown({ TERM: "xterm" })).toBe("paged\n");
  expect(shown({ TERM: "dumb" })).toBe("1\n2\n3\n");
});
