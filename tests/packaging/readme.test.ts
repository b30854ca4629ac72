import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SAMPLES } from "../../scripts/generate/samples.ts";
import packageJson from "../../package.json";
import { parseCommandLine } from "../../src/cli/options.ts";
import { ExitCode } from "../../src/model/exit-codes.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const ROOT = join(import.meta.dir, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const WORDS = 900;
const SCREEN = { lines: 40, columns: 80 };

/** What stands in blocks of code, and between backquotes, line by line. */
const code = [
  ...[...README.matchAll(/^```\w+\n(.*?)^```/gms)].flatMap(([, text = ""]) => text.split("\n")),
  ...[...README.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text),
].map((line) => line.replace(/\s+#.*$/, ""));

describe("the README", () => {
  test(`has no more than ${WORDS} words`, () => {
    const words = README.replaceAll(/<!--.*?-->/g, "0").match(/\S+/g) ?? [];
    expect(words.length).toBeLessThanOrEqual(WORDS);
  });

  test("shows on its first screen what bustd is, how to have it, and how to try it safely", () => {
    const screen = README.split("\n").slice(0, SCREEN.lines);
    expect(screen.filter((line) => line.length > SCREEN.columns)).toEqual([]);
    const text = screen.join("\n");
    for (const shown of [
      "kills the right process",
      " killing leaky",
      "apt install ",
      "systemctl enable --now bustd",
      "bustd doctor",
      "bustd -n --dry-run",
      "bustd victims",
      "`npm start` arms a **live killer**",
      "`npm start -- --dry-run`",
    ]) {
      expect(text).toContain(shown);
    }
  });

  test("shows a kill in the words that the program has for it", () => {
    const [, block = ""] = /^```console\n\$ grep .*?\n(.*?)^```/ms.exec(README) ?? [];
    const lines = block.trimEnd().replaceAll("\n ", " ").split("\n");
    const texts = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /, ""));
    expect(texts).toEqual([SAMPLES.killing, SAMPLES.killed]);
  });

  test("links within the project relatively, to what is there", () => {
    const links = [...README.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    const inside = links.filter(
      (link) => !/^(https:\/\/bun\.sh|\.\.\/\.\.\/releases|#)/.test(link),
    );
    expect(inside.length).toBeGreaterThan(2);
    expect(inside.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });

  test("names every exit code", () => {
    const codes = Object.values(ExitCode).map((value) => ` ${value}: `);
    const text = README.replaceAll("\n", " ");
    expect(codes.filter((name) => !text.includes(name))).toEqual([]);
  });

  test("types only commands and flags that there are", async () => {
    const typed = code.flatMap((line) => /^(?:\$ )?bustd( [^|>&]*)?/.exec(line)?.[1]?.trim() ?? []);
    expect(typed.length).toBeGreaterThan(6);
    const answers = await Promise.all(
      typed.map((words) => parseCommandLine(words.split(/\s+/), paperSurroundings())),
    );
    const wrong = typed.filter((_words, index) => {
      const answer = answers[index];
      return answer?.kind === "problems" && answer.exitCode === ExitCode.usage;
    });
    expect(wrong).toEqual([]);
  });
});

test("npm start hands over what follows --, so that npm start -- --dry-run kills nothing", () => {
  expect(packageJson.scripts.start).toEndWith("dist/bustd -n");
});
