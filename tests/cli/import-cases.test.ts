/** Files as people have them, each with something that is easily lost. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { importSettings } from "../../src/cli/import.ts";
import type { Settings } from "../../src/cli/settings.ts";
import type { RegexPattern } from "../../src/model/options.ts";
import { matchRegex } from "../../src/policy/regex.ts";
import { limits, understood } from "../helpers/imported.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const CASES = join(import.meta.dir, "cases");

interface Imported {
  readonly settings: Partial<Settings>;
  readonly warnings: readonly string[];
  readonly exitCode: number;
}

async function imported(from: "earlyoom" | "nohang", name: string): Promise<Imported> {
  const text = await Bun.file(join(CASES, name)).text();
  const said = importSettings([from, "/f"], paperSurroundings({ "/f": text }));
  if (said.kind !== "print") {
    throw new Error(said.kind === "problems" ? said.sentences.join("\n") : said.kind);
  }
  const { exitCode = 0, warnings = [] } = said;
  return { settings: await understood(said.text), warnings, exitCode };
}

/** The names that an expression matches, of those that are asked about. */
function matched(regex: RegexPattern | null | undefined, ...names: readonly string[]): string[] {
  return names.filter((name) => regex !== null && regex !== undefined && matchRegex(regex, name));
}

describe("earlyoom", () => {
  test("a name with two signs that repeat is one letter, once or more", async () => {
    const { exitCode, settings, warnings } = await imported("earlyoom", "cplusplus.default");
    expect([exitCode, warnings]).toEqual([0, []]);
    expect(matched(settings.prefer, "cc1plus", "ld", "g", "ggg", "g++", "clang", "clan")).toEqual([
      "cc1plus",
      "ld",
      "g",
      "ggg",
      "clang",
    ]);
    expect(matched(settings.avoid, "sshd", "Xorg", "sshd-session")).toEqual(["sshd", "Xorg"]);
  });

  test("a backslash outside quotes is kept, and what others make of it is said", async () => {
    const { exitCode, settings, warnings } = await imported(
      "earlyoom",
      "unquoted-backslash.default",
    );
    expect(matched(settings.prefer, "Isolated Web Co", "IsolatedsWeb")).toEqual([
      "Isolated Web Co",
    ]);
    expect(matched(settings.avoid, "sshd", "# at home")).toEqual(["sshd"]);
    expect(settings).toMatchObject({ mem: limits(8, 4), swap: limits(100, 50) });
    expect(warnings).toEqual([
      '"(chromium|Isolated\\\\sWeb)": systemd takes the backslash away that stands outside ' +
        'quotes, and earlyoom gets "(chromium|IsolatedsWeb)" from it; ' +
        "here it is kept, as it was meant",
    ]);
    expect(exitCode).toBe(1);
  });

  test("a value over several lines", async () => {
    const { exitCode, settings, warnings } = await imported("earlyoom", "several-lines.default");
    expect([exitCode, warnings]).toEqual([0, []]);
    expect(settings).toMatchObject({ mem: limits(7, 3.5), swap: limits(20, 10) });
    expect(settings.avoid?.source).toBe("^(sshd|niri)$");
    expect(settings.prefer?.source).toBe("^(thunderbird|Isolated Web Co)$");
  });

  test("a value without quotes", async () => {
    const { exitCode, settings, warnings } = await imported("earlyoom", "unquoted.default");
    expect([exitCode, warnings]).toEqual([0, []]);
    expect(settings).toMatchObject({ mem: limits(7, 3.5), swap: limits(30, 15) });
  });

  test("the arguments of a unit's drop-in", async () => {
    const { exitCode, settings, warnings } = await imported("earlyoom", "drop-in.conf");
    expect([exitCode, warnings]).toEqual([0, []]);
    expect(settings).toMatchObject({ mem: limits(3, 1.5), swap: limits(100, 50) });
    expect(settings.avoid?.source).toBe("^(Xorg|sshd)$");
  });

  test("what GNU adds to POSIX means what it meant", async () => {
    const { exitCode, settings, warnings } = await imported("earlyoom", "gnu.default");
    expect([exitCode, warnings]).toEqual([0, []]);
    const { avoid, prefer } = settings;
    const asked = ["init", "Konsole", "niri", "nirii", "node", "nodes", "<niri>"];
    expect(matched(avoid, ...asked)).toEqual(["init", "Konsole", "niri", "node"]);
    const others = ["y", "codexy", "bb", "bbb", "]", "z", "wq", "\\q", "aq"];
    expect(matched(prefer, ...others)).toEqual(["y", "codexy", "bbb", "]", "z", "wq", "\\q"]);
  });

  test("a rule that earlyoom itself refuses is said to be lost", async () => {
    const { exitCode, settings, warnings } = await imported("earlyoom", "repeats-nothing.default");
    expect(settings).toMatchObject({ mem: limits(4, 2) });
    expect(settings.prefer).toBeUndefined();
    expect(warnings).toEqual([
      "--prefer *firefox|chrome: lost: earlyoom refuses it too: nothing to repeat at character 1",
    ]);
    expect(exitCode).toBe(1);
  });
});

describe("nohang", () => {
  test("word edges of Python's", async () => {
    const { exitCode, settings, warnings } = await imported("nohang", "word-edges.conf");
    expect([exitCode, warnings]).toEqual([0, []]);
    expect(settings).toMatchObject({ psi: 45, mem: limits(6, 3) });
    const [, cmdline] = settings.rule ?? [];
    const [pattern] = cmdline?.match.cmdline ?? [];
    const regex = pattern?.kind === "regex" ? pattern : null;
    expect(matched(regex, "node /x/eslint.js -f", "/x/eslint", "/x/eslintd")).toEqual([
      "node /x/eslint.js -f",
      "/x/eslint",
    ]);
    expect(settings.rule?.map(({ effect }) => effect)).toEqual(
      [150, 150, -150].map((points) => ({ kind: "points", points })),
    );
  });

  test("a format of before nohang 0.2 is refused", async () => {
    await expect(imported("nohang", "oldest.conf")).rejects.toThrow(
      "/f: no configuration of nohang's: it sets none of its keys",
    );
  });

  test("sizes are sizes, and no swap at all is no percent", async () => {
    const { exitCode, settings, warnings } = await imported("nohang", "megabytes.conf");
    expect([exitCode, warnings]).toEqual([0, []]);
    expect(settings).toMatchObject({
      mem: { softPercent: 100, hardPercent: 100, softKib: 409_600, hardKib: 204_800 },
      swap: limits(0, 0),
    });
    const [, users, chrome] = settings.rule ?? [];
    expect(users?.match.uids).toEqual([0, 1001]);
    const [pattern] = chrome?.match.comm ?? [];
    const regex = pattern?.kind === "regex" ? pattern : null;
    expect(matched(regex, "Chromium", "chrome", "firefox")).toEqual(["Chromium", "chrome"]);
  });
});
