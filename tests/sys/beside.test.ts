import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "../helpers/program.ts";

test("what is started beside has our outputs alone, and leaves no zombie", async () => {
  const directory = mkdtempSync(join(tmpdir(), "bustd-beside-"));
  using first = startProgram("beside", ["first", join(directory, "pid")]);
  const lines = (await first.rest()).trim().split("\n").toSorted();
  rmSync(directory, { recursive: true });
  expect(lines).toEqual([
    "WORD=two words, 0 held, 0000000000000000 false, policy 0",
    'children "", held still 1',
    "started true true",
  ]);
});
