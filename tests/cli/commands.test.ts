import { describe, expect, test } from "bun:test";
import { COMMANDS, FLAGS, flagsOf } from "../../src/cli/args.ts";
import { EXE_NEEDS } from "../../src/cli/file-rule.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import { inheritanceOf, optionsOf } from "../helpers/options-of.ts";
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
    expect((await inheritanceOf(["-n"], surroundings)).watchdogMs).toBe(ms);
  });

  test("another user's pid file lies in /tmp", async () => {
    const { pidFile } = await inheritanceOf([], paperSurroundings({}, { isRoot: false }));
    expect(pidFile).toBe("/tmp/bustd.pid");
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
    expect(await printed("version")).toBe("bustd 1.2.3\n");
  });

  test("help is a word as well, alone and with a command", async () => {
    expect(await printed("help")).toBe(await printed("--help"));
    expect(await printed("help", "help")).toBe(await printed("--help"));
    for (const { name } of COMMANDS.filter((command) => command.name !== "help")) {
      expect(await printed("help", name)).toBe(await printed(name, "--help"));
    }
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

  test("help lists the flags that mean something, and no others", async () => {
    for (const command of [null, ...COMMANDS]) {
      const text = await printed(...(command === null ? [] : [command.name]), "-h");
      const listed = FLAGS.filter(({ name }) => new RegExp(`--${name}\\b(?!-)`).test(text));
      expect([command?.name, listed]).toEqual([command?.name, [...flagsOf(command)]]);
    }
    expect(await printed("victims", "-h")).not.toContain("--verbose");
    expect(await printed("victims", "-h")).toContain("--ignore-root-user");
    expect(await printed("check-config", "-h")).toContain("--config");
  });

  test("help of a share has the word percent, and a default as one types it", async () => {
    const text = (await printed("-h")).replaceAll(/\s+/g, " ");
    expect(text).toContain("this percent of the time");
    expect(text).toContain("[25]");
    expect(text).not.toContain("25.0");
  });
});

describe("a word where a daemon could start by mistake", () => {
  const NO_WORD = "found -- and no word behind it; without it the same starts the daemon";
  test.each([
    [["--"], NO_WORD],
    [["-n", "--"], NO_WORD],
    [["--dry-run", "-p3", "--"], NO_WORD],
    [["help", "frobnicate"], 'there is no command "frobnicate"; the commands are victims, doctor'],
    [["help", "victim"], 'there is no command "victim"; did you mean victims?'],
    [["help", "import", "x"], 'help does not take the word "x"'],
    [["version", "x"], 'version does not take the word "x"'],
    [["version", "-n"], "there is no flag -n; see bustd version --help"],
    [["versoin"], 'there is no command "versoin"; did you mean version?'],
  ])("%j", async (argv, sentence) => {
    const commandLine = await parseCommandLine(argv, paperSurroundings());
    expect(commandLine).toMatchObject({ kind: "problems", exitCode: 2 });
    expect(commandLine.kind === "problems" && commandLine.sentences[0]).toStartWith(sentence);
  });

  test("behind a command, -- stands before words", async () => {
    const surroundings = paperSurroundings({ "/here/-odd.toml": "psi = 5" });
    expect(await parseCommandLine(["check-config", "--", "-odd.toml"], surroundings)).toMatchObject(
      { kind: "print", text: "ok: /here/-odd.toml (settings: 1, rules: 0)\n" },
    );
    expect((await parseCommandLine(["--", "version"], surroundings)).kind).toBe("print");
  });
});

describe("check-config takes its file", () => {
  const surroundings = paperSurroundings({ "/here/a.toml": "psi = 5", "/b.toml": "psi = 500" });
  const good = { kind: "print", text: "ok: /here/a.toml (settings: 1, rules: 0)\n" };
  test.each([
    [["check-config", "a.toml"], good],
    [["--config", "a.toml", "check-config"], good],
    [["check-config", "--config", "a.toml"], good],
    [["check-config", "--config=a.toml", "a.toml"], good],
    [["--config", "/b.toml", "check-config"], { kind: "problems", exitCode: 1 }],
    [["--config", "/b.toml", "check-config", "a.toml"], { kind: "problems", exitCode: 2 }],
    [["check-config", "no.toml"], { kind: "problems", exitCode: 1 }],
  ])("%j", async (argv, expected) => {
    expect<unknown>(await parseCommandLine(argv, surroundings)).toMatchObject(expected);
  });

  test("and says where no rule is left", async () => {
    const idle = paperSurroundings({ "/here/a.toml": "mem = 0\npsi = 0" });
    expect(await parseCommandLine(["check-config", "a.toml"], idle)).toMatchObject({
      kind: "problems",
      sentences: [expect.stringMatching(/^no rule is left that could act: /)],
      exitCode: 1,
    });
    const when = paperSurroundings({ "/here/a.toml": "mem = 0\npsi = 0\nwhen = 'mem < 5'" });
    expect((await parseCommandLine(["check-config", "a.toml"], when)).kind).toBe("print");
  });

  test("and says that a dry run kills nobody", async () => {
    const dry = paperSurroundings({ "/etc/bustd/bustd.toml": "dry-run = true" });
    const said = await parseCommandLine(["check-config"], dry);
    expect(said.kind === "print" && said.text).toEndWith(
      "\ndry run: it says which process it would kill, and kills none\n",
    );
  });
});
