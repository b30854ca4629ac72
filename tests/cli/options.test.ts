import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { COMMANDS, FLAGS } from "../../src/cli/args.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import type { Options } from "../../src/model/options.ts";
import { inheritanceOf, optionsOf } from "../helpers/options-of.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const CUT_OFF =
  '"gnome-terminal-server" can match nothing: the kernel cuts names off after 15 bytes';
const COMMANDS_ARE = `the commands are ${COMMANDS.map(({ name }) => name).join(", ")}`;
const NO_RULE =
  "no rule is left that could act: mem = 0 and psi = 0 switch all of them off; " +
  "give one of them a value, or write a condition with when";

async function sentencesOf(...argv: readonly string[]): Promise<readonly string[]> {
  const commandLine = await parseCommandLine(argv, paperSurroundings());
  return commandLine.kind === "problems" ? commandLine.sentences : [];
}

describe("flags", () => {
  test("without any, the defaults hold", async () => {
    const { rules, ...options } = await optionsOf([]);
    expect(options).toEqual({
      daemonize: true,
      verbose: false,
      hourly: false,
      keepCmdline: false,
      dryRun: false,
      trim: true,
      warn: false,
      psiPercent: 25,
      mem: { softPercent: 10, hardPercent: 5 },
      swap: { softPercent: 10, hardPercent: 5 },
      killAfterMs: 500,
      when: null,
      scope: "process",
      adjPolicy: "respect",
      sortBy: "oom_score",
      ignoreRootUser: false,
      sink: "plain",
      announce: null,
      argv: [],
    });
    expect(await inheritanceOf([])).toEqual({
      notifySocket: "",
      watchdogMs: 0,
      pidFile: "/var/run/bustd.pid",
      readyFd: -1,
      pidFileFd: -1,
      isRenewed: false,
      places: null,
      warned: null,
    });
    expect(rules.every(({ origin }) => origin.startsWith("default: "))).toBe(true);
  });

  test.each([
    [["-V"], { verbose: true }],
    [["--verbose"], { verbose: true }],
    [["--hourly"], { hourly: true }],
    [["--keep-cmdline"], { keepCmdline: true }],
    [["--warn"], { warn: true }],
    [["-n"], { daemonize: false }],
    [["--no-daemon"], { daemonize: false }],
    [["-g"], { scope: "process-group" }],
    [["--kill-pgroup"], { scope: "process-group" }],
    [["-p30"], { psiPercent: 30 }],
    [["-p", "30"], { psiPercent: 30 }],
    [["--psi=30"], { psiPercent: 30 }],
    [["--psi", "30.5"], { psiPercent: 30.5 }],
    [["-p0"], { psiPercent: 0 }],
    [["-p", "1.5", "-p", "1.5"], { psiPercent: 1.5 }],
    [["-nVg"], { verbose: true, daemonize: false, scope: "process-group" }],
    [["-nVp30"], { verbose: true, daemonize: false, psiPercent: 30 }],
    [["-nV", "-nV"], { verbose: true }],
    [["--dry-run"], { dryRun: true }],
    [["--no-trim"], { trim: false }],
    [["--no-default-rules"], { rules: [] }],
    [["--ignore-root-user"], { ignoreRootUser: true }],
    [["--sort-by-rss"], { sortBy: "rss" }],
    [["--oom-score-adj", "discount-positive"], { adjPolicy: "discount-positive" }],
    [["-s", "100"], { swap: { softPercent: 100, hardPercent: 50 } }],
    [["-p", "25%"], { psiPercent: 25 }],
    [["--kill-after", "10"], { killAfterMs: 10_000 }],
    [["--kill-after", "1.5s"], { killAfterMs: 1500 }],
    [["--kill-after=250ms"], { killAfterMs: 250 }],
    [["--kill-after", "10m"], { killAfterMs: 600_000 }],
    [["--kill-after", "0"], { killAfterMs: 0 }],
    [
      ["--no-default-rules", "-u", "sshd|gnome-*||kworker/*|X"],
      {
        rules: [
          {
            origin: "unkillables",
            match: {
              comm: [
                { kind: "names", names: ["X", "sshd"] },
                { kind: "glob", source: "gnome-*" },
                { kind: "glob", source: "kworker/*" },
              ],
            },
            effect: { kind: "protect" },
          },
        ],
      },
    ],
    [["--no-default-rules", "-u", ""], { rules: [] }],
  ])("%j", async (argv, expected) => {
    expect(await optionsOf(argv)).toMatchObject(expected as Partial<Options>);
  });

  test("earlyoom's flags become rules", async () => {
    const argv = ["--no-default-rules", "--prefer", "^a$", "--avoid=b", "--ignore", "c|d"];
    const { rules } = await optionsOf(argv);
    expect(rules.map(({ origin, effect }) => [origin, effect])).toEqual([
      ["ignore", { kind: "protect" }],
      ["prefer", { kind: "points", points: 300 }],
      ["avoid", { kind: "points", points: -300 }],
    ]);
  });

  // earlyoom's testsuite_unit_test.go, TestParseTuple, but for those that are upside down; 0 is
  // ours and means off.
  test.each([
    ["2,1", 2, 1],
    ["20,10", 20, 10],
    ["30", 30, 15],
    ["5,0", 5, 0],
    ["0", 0, 0],
    ["0,0", 0, 0],
    ["100", 100, 50],
    ["20.5,10.25", 20.5, 10.25],
    ["10.00000000000000000000000000001", 10, 5],
  ])("-m %s", async (text, softPercent, hardPercent) => {
    expect((await optionsOf(["-m", text])).mem).toEqual({ softPercent, hardPercent });
  });

  test.each(["5,9", "0,5", "1.1,1.2", "99,100"])("-m %s is upside down", async (text) => {
    const problem = `found ${text}, allowed is a second number that is no higher`;
    expect(await sentencesOf("-m", text)).toEqual([`--mem: ${problem}`]);
    expect(await sentencesOf("-s", text)).toEqual([`--swap: ${problem}`]);
  });

  test.each([
    "22[,20]",
    "220",
    "10,101",
    "180,170",
    "x1,x2",
    "1x,2x",
    "1.1.",
    "1,2..",
    "1,2,3",
    "30,",
    ",5",
    "",
    "-5",
    "1e1",
    "0x10",
    "NaN",
    "Infinity",
    "1,000,5",
  ])("-m %j is refused", async (text) => {
    const allowed =
      "allowed is one or two percentages or sizes, the second no higher, such as 10,5 or 500M,250M";
    expect(await sentencesOf(`--mem=${text}`)).toEqual([
      `--mem: found ${JSON.stringify(text)}, ${allowed}`,
    ]);
  });
});

test("a part of an expression that no name is short enough for is a warning", async () => {
  const argv = ["--ignore", "^(sshd|gnome-terminal-server)$", "-n"];
  expect(await parseCommandLine(argv, paperSurroundings())).toMatchObject({
    kind: "daemon",
    warnings: [
      '--ignore: "gnome-terminal-server" in it can match nothing: ' +
        "names are cut off after 15 bytes",
    ],
  });
});

describe("mistakes are one sentence each", () => {
  test.each([
    [["--psi", "nonsense"], '--psi: found "nonsense", allowed is a percentage from 0 to 100'],
    [["-p", "101"], '--psi: found "101", allowed is a percentage from 0 to 100'],
    [["-p", "-5"], '--psi: found "-5", allowed is a percentage from 0 to 100'],
    [["-p=30"], "write -p30 or --psi=30 instead of -p=30"],
    [["-p"], "-p needs a value: a percentage from 0 to 100"],
    [["--psi", "-V"], "--psi needs a value: a percentage from 0 to 100"],
    [["--psi", "--verbose"], "--psi needs a value: a percentage from 0 to 100"],
    [["-p3", "--psi=4"], '--psi is given twice, as "3" and as "4"'],
    [["--verbose=1"], '--verbose takes no value, but was given "1"'],
    [["--frobnicate"], "there is no flag --frobnicate; see bustd --help"],
    [["--unkilable", "x"], "there is no flag --unkilable; did you mean --unkillables?"],
    [["--verb"], "there is no flag --verb; did you mean --verbose?"],
    [["--daemon"], "there is no flag --daemon; did you mean --no-daemon?"],
    [["-P3"], "there is no flag -P; did you mean -p?"],
    [["-nz"], "there is no flag -z; see bustd --help"],
    [["--__proto__"], "there is no flag --__proto__; see bustd --help"],
    [["--json"], "there is no flag --json; see bustd --help"],
    [["-p=\u001b[2J"], "write -p\\x1b[2J or --psi=\\x1b[2J instead of -p=\\x1b[2J"],
    [[`--${"x".repeat(99)}`], `there is no flag --${"x".repeat(58)}…; see bustd --help`],
    [["-u", "gnome-terminal-server"], `--unkillables: ${CUT_OFF}; write "gnome-terminal-*"`],
    [["-u", "sshd|gnome-terminal-server*"], `--unkillables: ${CUT_OFF.replace('r"', 'r*"')}`],
    [["-u", "*"], '--unkillables: "*": it matches everybody, and nobody could be killed'],
    [["--ignore", ""], '--ignore: "": it matches everybody, and nobody could be killed'],
    [["--prefer", ""], '--prefer: "": it matches everybody, and changes nothing'],
    [["--avoid", "."], '--avoid: ".": it matches everybody, and changes nothing'],
    [
      ["--prefer", "^gnome-terminal-server$"],
      `--prefer: ${CUT_OFF.replace(/"(.*)"/, '"^$1$$"')}; write "^gnome-terminal-"`,
    ],
    [["-p0", "-m0"], NO_RULE],
    [["-p0", "-m", "0M"], NO_RULE],
    [["--\u001b[2J"], "there is no flag --\\x1b[2J; see bustd --help"],
    [["-u", "["], '--unkillables: "[" is not a glob: invalid range pattern at character 1'],
    [["-u", "a|b["], '--unkillables: "b[" is not a glob: invalid range pattern at character 2'],
    [
      ["--prefer", "a("],
      '--prefer: "a(" is not a usable regular expression: unterminated group at character 2',
    ],
    [
      ["--oom-score-adj=no"],
      '--oom-score-adj: found "no", allowed is one of respect, discount-positive, ignore',
    ],
    [["extra"], `there is no command "extra"; ${COMMANDS_ARE}`],
    [["--", "-n"], `there is no command "-n"; ${COMMANDS_ARE}`],
    [["victim"], 'there is no command "victim"; did you mean victims?'],
    [["victims", "x"], 'victims does not take the word "x"'],
    [["check-config", "--psi", "3"], "there is no flag --psi; see bustd check-config --help"],
    [["--config", "no.toml"], "/here/no.toml: cannot be read: there is no such file"],
  ])("%j", async (argv, sentence) => {
    const commandLine = await parseCommandLine(argv, paperSurroundings());
    expect(commandLine).toEqual({ kind: "problems", sentences: [sentence], exitCode: 2 });
  });

  test("all of them come at once", async () => {
    expect(await sentencesOf("--psi=x", "--mem=y", "--swap=z", "-u", "[")).toHaveLength(4);
    expect(await sentencesOf("--nope", "-z", "--verbose=2")).toHaveLength(3);
  });

  test("nothing that can be typed makes it throw", async () => {
    const word = fc.oneof(
      fc.string({ unit: "binary", maxLength: 10 }),
      fc.constantFrom("-p", "--psi", "-u", "[", "--", "-", "--=", "victims", "import", "earlyoom"),
      fc.constantFrom("--config", "-hV", "--no-", "--no-daemon=", "check-config", "--json", "\0"),
      fc.constantFrom(...FLAGS.map(({ name }) => `--${name}`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (argv) => {
        const { kind, ...rest } = await parseCommandLine(argv, paperSurroundings());
        const sentences = "sentences" in rest ? rest.sentences : [];
        expect(kind === "problems").toBe(sentences.length > 0);
        for (const sentence of sentences) {
          // oxlint-disable-next-line no-control-regex
          expect(sentence).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
