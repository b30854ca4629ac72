import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { FLAGS } from "../../src/cli/args.ts";
import { checkConfig } from "../../src/cli/check-config.ts";
import { readConfiguration } from "../../src/cli/configuration.ts";
import { RULE_KEYS } from "../../src/cli/file-rule.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import type { FoundFile } from "../../src/cli/surroundings.ts";
import type { Rule } from "../../src/model/options.ts";
import { paperSurroundings, rootFile } from "../helpers/paper-surroundings.ts";

const PASSWD = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";

async function sentencesOf(text: string): Promise<readonly string[]> {
  const surroundings = paperSurroundings({ "/f.toml": text, "/etc/passwd": PASSWD });
  return (await readConfiguration("/f.toml", surroundings)).sentences;
}

async function ruleOf(text: string): Promise<Rule | undefined> {
  const surroundings = paperSurroundings({ "/f.toml": `[[rule]]\n${text}`, "/etc/passwd": PASSWD });
  const { settings, sentences } = await readConfiguration("/f.toml", surroundings);
  expect(sentences).toEqual([]);
  return settings.rule?.[0];
}

describe("check-config", () => {
  test("says all that is wrong: line, column, key, what was found, what is allowed", async () => {
    const text = `psi = 150
kill_pgroup = true
mem = "10;5"
when = ["mem < 10", "mem < 40 adn swap < 1"]
[[rule]]
comm = ["fire*", "a[b"]
protect = true
`;
    const surroundings = paperSurroundings({ "/here/five.toml": text });
    expect(await checkConfig("five.toml", surroundings)).toEqual({
      kind: "problems",
      exitCode: 1,
      sentences: [
        "/here/five.toml:1:7: psi: found 150, allowed is a number from 0 to 100",
        "/here/five.toml:2:1: kill_pgroup: there is no such key; did you mean kill-pgroup?",
        '/here/five.toml:3:7: mem: found "10;5", ' +
          "allowed is one or two numbers from 0 to 100, the second no higher, such as 10,5",
        '/here/five.toml:4:31: when: found "adn" at character 10, allowed is and, or the end',
        '/here/five.toml:6:20: rule.comm: "a[b" is not a glob: ' +
          "invalid range pattern at character 2",
      ],
    });
  });

  test("names what it read", async () => {
    const surroundings = paperSurroundings({
      "/etc/bustd/bustd.toml": 'psi = 30\n[[rule]]\ncomm = "a"\nprotect = true',
      "/etc/bustd/bustd.toml.d/a.toml": "mem = 5",
    });
    expect(await checkConfig(null, surroundings)).toEqual({
      kind: "print",
      text: "ok: /etc/bustd/bustd.toml, /etc/bustd/bustd.toml.d/a.toml (settings: 2, rules: 1)\n",
      warnings: [],
    });
    expect(await checkConfig(null, paperSurroundings())).toEqual({
      kind: "print",
      text: "ok: there is no configuration file, the defaults hold\n",
    });
  });

  test.each([
    ["psi = ", "1:7: not TOML: "],
    ['a = 1\nb = "x', "2:7: not TOML: unterminated string constant"],
    ["psi = 1\npsi = 2", "2:1: not TOML: defining a key multiple times is invalid"],
    ["#\x7f", "1:2: not TOML: invalid code point \\x7f within comments"],
    ["\0", "1:1: not TOML: unexpected character"],
    [`psi = ${"[".repeat(100_000)}`, ""],
    ["psi = true", "1:7: psi: found true, allowed is a number from 0 to 100"],
    ["psi = nan", "1:7: psi: found NaN, allowed is a number from 0 to 100"],
    ["psi = 1979-05-27", "1:7: psi: found a date, allowed is a number from 0 to 100"],
    ["psi = {}", "1:7: psi: found a table, allowed is a number from 0 to 100"],
    ["psi = {a = 1}", "1:8: psi.a: there is no such key; the keys are verbose"],
    ["psi.a = 1", "1:1: psi.a: there is no such key; the keys are verbose"],
    ["[psi]\na = 1", "1:2: psi: found a table, allowed is a number from 0 to 100"],
    ["mem = [10, 5, 1]", "1:7: mem: found [10, 5, 1], allowed is one or two numbers"],
    ["verbose = 1", "1:11: verbose: found 1, allowed is true or false"],
    ["no-trim = true", "1:1: no-trim: there is no such key; write trim = false"],
    ["frobnicate = 1", "1:1: frobnicate: there is no such key; the keys are verbose, daemon"],
    ["__proto__ = 1", "1:1: __proto__: there is no such key"],
    ["constructor = 1", "1:1: constructor: there is no such key"],
    ['"a b" = 1', '1:1: "a b": there is no such key'],
    ["unkillables = ['a', 'b[']", '1:23: unkillables: "b[" is not a glob: invalid range pattern'],
    ["unkillables = 'a|b['", '1:19: unkillables: "b[" is not a glob: invalid range pattern'],
    ["prefer = 'a\\1('", '1:15: prefer: "a\\\\1(" is not a usable regular expression'],
    ["oom-score-adj = 'x'", '1:17: oom-score-adj: found "x", allowed is one of respect, '],
    ["when = []", '1:8: when: found [], allowed is conditions, such as ["mem < 10 and swap < 10"]'],
    ['when = "mem < \\u0031x"', '1:8: when: found "1x" at character 7, allowed is a number'],
    ["mem = [5, 10]", "1:7: mem: found 5,10, allowed is a second number that is no higher"],
    ["swap = '5,10'", "1:8: swap: found 5,10, allowed is a second number that is no higher"],
    ["rule = 3", "1:1: rule: found 3, allowed is a list of tables: write [[rule]]"],
    ["rule = 'a'", '1:1: rule: found "a", allowed is a list of tables: write [[rule]]'],
    ["rule = []", "1:1: rule: found [], allowed is a list of tables: write [[rule]]"],
    ["[[rule]]\nrule = 1", "2:1: rule.rule: there is no such key"],
    ["[rule]\ncomm = 'a'", "1:2: rule: found a table, allowed is a list of tables: write [[rule]]"],
    ["[[rules]]", "1:3: rules: there is no such key; did you mean rule?"],
    [
      "[[rule]]\nprotect = true",
      "1:3: rule: found nothing that says whom it is about, allowed are",
    ],
    [
      "[[rule]]\ncomm = 'a'",
      "1:3: rule: found none, allowed is one of protect, prefer, avoid, group",
    ],
    [
      "[[rule]]\ncomm = 'a'\nprotect = true\navoid = 1",
      "1:3: rule: found protect and avoid, allowed",
    ],
    ["[[rule]]\ncomm = 'a'\nprotect = false", "3:11: rule.protect: found false, allowed is true"],
    [
      "[[rule]]\ncom = 'a'\nprotect = true",
      "2:1: rule.com: there is no such key; did you mean comm?",
    ],
    [
      "[[rule]]\ncomm = 'a'\navoid = 0",
      "3:9: rule.avoid: found 0, allowed is points from 1 to 2000",
    ],
    ["[[rule]]\ncomm = 'a'\navoid = '101%'", '3:9: rule.avoid: found "101%", allowed is points'],
    ["[[rule]]\ncomm = 'a'\nprefer = '5'", '3:10: rule.prefer: found "5", allowed is points from'],
    ["[[rule]]\ncomm = []\nprotect = true", "2:8: rule.comm: found [], allowed is a pattern"],
    [
      "[[rule]]\ncomm = 'systemd-journald'\nprotect = true",
      '2:8: rule.comm: "systemd-journald" can match nothing: ' +
        'the kernel cuts names off; write "systemd-journal*"',
    ],
    [
      "[[rule]]\ncomm = 'ääääääää'\nprotect = true",
      '2:8: rule.comm: "ääääääää" can match nothing: ' +
        'the kernel cuts names off; write "äääääää*"',
    ],
    [
      "[[rule]]\nuser = 'bob'\nprotect = true",
      '2:8: rule.user: there is no user "bob" in /etc/passwd',
    ],
    ["[[rule]]\nuser = -1\nprotect = true", "2:8: rule.user: found -1, allowed is a user's name"],
    ["[[rule]]\nolder-than = '5x'\nprotect = true", '2:14: rule.older-than: found "5x", allowed'],
    ["[[rule]]\noom-score-adj = [5, 1]\nprotect = true", "2:17: rule.oom-score-adj: found [5, 1]"],
    ["[[rule]]\noom-score-adj = 1001\nprotect = true", "2:17: rule.oom-score-adj: found 1001"],
    ["[[rule]]\ncomm = '('\nregex = true\nprotect = true", '2:10: rule.comm: "(" is not a usable'],
    [
      "[[rule]]\ncomm = 'a'\ngroup = 'all'",
      '3:9: rule.group: found "all", allowed is one of process',
    ],
  ])("%j", async (text, sentence) => {
    const sentences = await sentencesOf(text);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toStartWith(`/f.toml:${sentence}`);
  });

  test("nothing a file can hold makes it throw", async () => {
    const keys = [...FLAGS.flatMap(({ key }) => key ?? []), ...RULE_KEYS, "when", "x", "[[rule]]#"];
    const values = ["true", "1", '"a"', '"50%"', "[1, 2]", '["a", "["]', "{a = 1}", '"mem < "'];
    const line = fc
      .tuple(fc.constantFrom(...keys), fc.constantFrom(...values))
      .map(([key, value]) => `${key} = ${value}\n`);
    const lines = fc.uniqueArray(line, { selector: (text) => text.split(" ")[0], maxLength: 8 });
    const table = lines.map((list) => `[[rule]]\n${list.join("")}`);
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      lines.map((list) => list.join("")),
      fc.array(table, { maxLength: 3 }).map((list) => list.join("")),
    );
    await fc.assert(
      fc.asyncProperty(text, async (written) => {
        for (const sentence of await sentencesOf(written)) {
          expect(sentence).toMatch(/^\/f\.toml:\d+:\d+: \P{Cc}+$/u);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("[[rule]]", () => {
  test.each([
    [
      'comm = ["a", "b", "c*"]\nprotect = true',
      {
        comm: [
          { kind: "names", names: ["a", "b"] },
          { kind: "glob", source: "c*" },
        ],
      },
      { kind: "protect" },
    ],
    [
      'exe = "/usr/bin/*"\navoid = 100',
      { exe: [{ kind: "glob", source: "/usr/bin/*" }] },
      { kind: "points", points: -100 },
    ],
    ['user = "alice"\nprefer = "50%"', { uids: [1000] }, { kind: "percent", percent: 150 }],
    ['user = ["root", 1001]\navoid = "100%"', { uids: [0, 1001] }, { kind: "percent", percent: 0 }],
    [
      'older-than = "1.5h"\nyounger-than = 86400\ngroup = "cgroup"',
      { olderThanS: 5400, youngerThanS: 86_400 },
      { kind: "group", scope: "cgroup" },
    ],
    [
      "oom-score-adj = [100, 300]\nprefer = 10",
      { adjAtLeast: 100, adjAtMost: 300 },
      { kind: "points", points: 10 },
    ],
    ["oom-score-adj = 0\nprefer = 10", { adjAtLeast: 0, adjAtMost: 0 }, { kind: "points" }],
    [
      'unit = "a.service"\ncgroup = "/user.slice/*"\ngroup = "process-group"',
      {
        unit: [{ kind: "glob", source: "a.service" }],
        cgroup: [{ kind: "glob", source: "/user.slice/*" }],
      },
      { kind: "group", scope: "process-group" },
    ],
  ])("%j", async (text, match, effect) => {
    const rule = await ruleOf(text);
    expect(rule?.origin).toBe("f.toml:1");
    expect<unknown>(rule?.match).toEqual(match);
    expect(rule?.effect).toMatchObject(effect);
  });

  test("regex = true makes all its texts regular expressions", async () => {
    const rule = await ruleOf('cmdline = "--type=renderer"\nregex = true\nprefer = 1');
    expect(rule?.match.cmdline?.[0]).toMatchObject({ kind: "regex", source: "--type=renderer" });
  });

  test("may be written as a list of tables", async () => {
    const text = 'rule = [\n  { comm = "a", protect = true },\n  { comm = "b", avoid = 5 },\n]';
    const { settings } = await readConfiguration("/f", paperSurroundings({ "/f": text }));
    expect(settings.rule?.map(({ origin }) => origin)).toEqual(["f:2", "f:3"]);
  });
});

describe("which files", () => {
  const files = {
    "/usr/lib/bustd/bustd.toml": 'psi = 1\nswap = 3\n[[rule]]\ncomm = "v"\nprotect = true',
    "/etc/bustd/bustd.toml": 'psi = 2\nmem = 2\n[[rule]]\ncomm = "m"\nprotect = true',
    "/etc/bustd/bustd.toml.d/20-b.toml": "psi = 4",
    "/etc/bustd/bustd.toml.d/10-a.toml": "psi = 3\nmem = 4",
    "/etc/bustd/bustd.toml.d/30-no.txt": "nonsense",
    "/etc/bustd/bustd.toml.d/.40-no.toml": "nonsense",
    "/other.toml": "mem = 50",
  };

  test("the last one wins, rules of all hold, flags win over all", async () => {
    const { settings } = await readConfiguration(null, paperSurroundings(files));
    const limits = (softPercent: number) => ({ softPercent, hardPercent: softPercent / 2 });
    const { rule, ...others } = settings;
    expect(others).toEqual({ psi: 4, mem: limits(4), swap: limits(3) });
    expect(rule?.map(({ origin }) => origin)).toEqual(["bustd.toml:3", "bustd.toml:3"]);
    const commandLine = await parseCommandLine(["-p5"], paperSurroundings(files));
    expect(commandLine).toMatchObject({ options: { psiPercent: 5, mem: limits(4) } });
  });

  test("--config stands in place of all", async () => {
    const argv = ["--config", "/other.toml"];
    expect(await parseCommandLine(argv, paperSurroundings(files))).toMatchObject({
      options: { psiPercent: 25, mem: { softPercent: 50 } },
    });
  });

  test("problems of files and flags come together and start nothing", async () => {
    const surroundings = paperSurroundings({ "/etc/bustd/bustd.toml": "psi = -1\nmem = -1" });
    expect(await parseCommandLine(["-s", "-1"], surroundings)).toMatchObject({
      kind: "problems",
      sentences: ["", "", ""].map(() => expect.any(String)),
      exitCode: 2,
    });
  });

  test.each<[string, Partial<Extract<FoundFile, { kind: "found" }>>, boolean, string]>([
    ["root's own", {}, true, ""],
    ["readable by all", { mode: 0o100444 }, true, ""],
    ["writable by its group", { mode: 0o100664 }, true, "write this file"],
    ["writable by all", { mode: 0o100646 }, true, "write this file"],
    ["somebody's", { uid: 1000 }, true, "write this file"],
    ["in an open directory", { directoryMode: 0o40777 }, true, "write its directory"],
    ["in a directory like /tmp", { directoryMode: 0o41777 }, true, ""],
    ["in somebody's directory", { directoryUid: 1000 }, true, "write its directory"],
    ["somebody's, read by a user", { uid: 1000, mode: 0o100666 }, false, ""],
  ])("a file that is %s", async (_, changes, isRoot, refusal) => {
    const file = rootFile("psi = 1", changes);
    const surroundings = paperSurroundings({ "/f": file }, { isRoot });
    const { sentences, settings } = await readConfiguration("/f", surroundings);
    expect(sentences.join()).toContain(refusal);
    expect(settings.psi).toBe(refusal === "" ? 1 : undefined);
  });

  test("one that cannot be read is a problem, with its reason", async () => {
    const unreadable = { "/f\n": { kind: "unreadable", reason: "permission denied" } } as const;
    const { sentences } = await readConfiguration("/f\n", paperSurroundings(unreadable));
    expect(sentences).toEqual(["/f\\x0a: cannot be read: permission denied"]);
  });
});
