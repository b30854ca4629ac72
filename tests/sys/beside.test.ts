import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "../helpers/program.ts";

const fifo = Bun.spawnSync(["chrt", "-f", "1", "true"]).exitCode === 0 ? 1 : 0;

test("what is started beside has our outputs alone, and leaves no zombie", async () => {
  const directory = mkdtempSync(join(tmpdir(), "bustd-beside-"));
  using first = startProgram("beside", ["first", join(directory, "pid")]);
  const lines = (await first.rest()).trim().split("\n").toSorted();
  rmSync(directory, { recursive: true });
  expect(lines).toEqual([
    "WORD=two words, 0 held, 0000000000000000 false, policy 0",
    `children "", held still 1, ${fifo}`,
    "started true true",
  ]);
});
