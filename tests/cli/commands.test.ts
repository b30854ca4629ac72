import { describe, expect, test } from "bun:test";
import { FLAGS } from "../../src/cli/args.ts";
import { EXE_NEEDS } from "../../src/cli/file-rule.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import { optionsOf } from "../helpers/options-of.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

async function printed(...argv: readonly string[]): Promise<string> {
  const commandLine = await parseCommandLine(argv, paperSurroundings());
  return commandLine.kind === "print" ? commandLine.text : "";
}

describe("surroundings", () => {
  test.each([
    [["-n"], {}, "plain"],
    [["-n"], { stderrIsTerminal: true }, "terminal"],
    [[], { stderrIsTerminal: true }, "plain"],
    [["-n"], { stderrIsJournal: true }, "journal"],
    [[], { stderrIsJournal: true }, "plain"],
  ] as const)("%j with %j logs to %s", async (argv, changes, sink) => {
    expect((await optionsOf(argv, paperSurroundings({}, changes))).sink).toBe(sink);
  });

  test.each([
    ["30000000", "", 15_000],
    ["30000000", "42", 15_000],
    ["30000000", "43", 0],
    ["", "", 0],
    ["x", "", 0],
    ["-5", "", 0],
  ])("WATCHDOG_USEC=%s WATCHDOG_PID=%s: every %d ms", async (watchdogUsec, watchdogPid, ms) => {
    const surroundings = paperSurroundings({}, { watchdogUsec, watchdogPid });
    expect((await optionsOf(["-n"], surroundings)).watchdogMs).toBe(ms);
  });

  test("another user's pid file lies in /tmp", async () => {
    const options = await optionsOf([], paperSurroundings({}, { isRoot: false }));
    expect(options.pidFile).toBe("/tmp/bustd.pid");
  });

  test("a reload finds a configuration file that was given by a relative path", async () => {
    const surroundings = paperSurroundings({ "/here/a.toml": "psi = 3" });
    const { argv, psiPercent } = await optionsOf(["-n", "--config", "a.toml"], surroundings);
    expect(psiPercent).toBe(3);
    expect(argv).toEqual(["-n", "--config", "/here/a.toml"]);
    expect((await optionsOf(["--config=a.toml"], surroundings)).argv).toEqual([
      "--config=/here/a.toml",
    ]);
  });
});

describe("commands", () => {
  test("take the flags of the daemon they speak of", async () => {
    const commandLine = await parseCommandLine(["victims", "--json", "-p3"], paperSurroundings());
    expect(commandLine).toMatchObject({
      kind: "command",
      name: "victims",
      json: true,
      options: { psiPercent: 3 },
    });
  });

  test.each([
    ['exe = "/opt/*"\nprotect = true', [EXE_NEEDS]],
    ['exe = "/opt/*"\nprefer = 100', [EXE_NEEDS]],
    ['comm = "exe"\nprotect = true', []],
  ])("check-config says what rules on exe need: %j", async (rule, warnings) => {
    const surroundings = paperSurroundings({ "/here/a.toml": `[[rule]]\n${rule}` });
    const said = await parseCommandLine(["check-config", "a.toml"], surroundings);
    expect<unknown>(said).toMatchObject({ kind: "print", warnings });
  });

  test("the version", async () => {
    expect(await printed("-v")).toBe("bustd 1.2.3\n");
    expect(await printed("--version")).toBe("bustd 1.2.3\n");
  });

  test.each([[[]], [["victims"]], [["doctor"]], [["check-config"]], [["import"]]])(
    "help of %j is plain and fits 80 columns",
    async (words) => {
      const text = await printed(...words, "--help");
      expect(text).toMatch(/^USAGE bustd/m);
      // oxlint-disable-next-line no-control-regex
      expect(text).not.toMatch(/\u001b| $/m);
      expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test("help knows every flag", async () => {
    const text = await printed("-h");
    for (const { name, only } of FLAGS) {
      expect(text.includes(`--${name}`)).toBe(only === undefined);
    }
  });
});
