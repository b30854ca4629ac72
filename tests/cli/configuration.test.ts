import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { FLAGS } from "../../src/cli/args.ts";
import { checkConfig } from "../../src/cli/check-config.ts";
import { readConfiguration } from "../../src/cli/configuration.ts";
import { RULE_KEYS } from "../../src/cli/file-rule.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const PASSWD = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";

async function sentencesOf(text: string): Promise<readonly string[]> {
  const surroundings = paperSurroundings({ "/f.toml": text, "/etc/passwd": PASSWD });
  return (await readConfiguration("/f.toml", surroundings)).sentences;
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
        "/here/five.toml:1:7: psi: found 150, allowed is a percentage from 0 to 100",
        "/here/five.toml:2:1: kill_pgroup: there is no such key; did you mean kill-pgroup?",
        '/here/five.toml:3:7: mem: found "10;5", ' +
          "allowed is one or two percentages or sizes, the second no higher, " +
          "such as 10,5 or 500M,250M",
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
      warnings: [],
    });
  });

  test.each([
    ["psi = ", "1:7: not TOML: "],
    ['a = 1\nb = "x', "2:7: not TOML: unterminated string constant"],
    ["psi = 1\npsi = 2", "2:1: not TOML: defining a key multiple times is invalid"],
    ["#\x7f", "1:2: not TOML: invalid code point \\x7f within comments"],
    ["\0", "1:1: not TOML: unexpected character"],
    [`psi = ${"[".repeat(100_000)}`, ""],
    ["psi = true", "1:7: psi: found true, allowed is a percentage from 0 to 100"],
    ["psi = nan", "1:7: psi: found NaN, allowed is a percentage from 0 to 100"],
    ["psi = 1979-05-27", "1:7: psi: found a date, allowed is a percentage from 0 to 100"],
    ["psi = {}", "1:7: psi: found a table, allowed is a percentage from 0 to 100"],
    ["psi = {a = 1}", "1:8: psi.a: there is no such key; the keys are verbose"],
    ["psi.a = 1", "1:1: psi.a: there is no such key; the keys are verbose"],
    ["[psi]\na = 1", "1:2: psi: found a table, allowed is a percentage from 0 to 100"],
    ["mem = [10, 5, 1]", "1:7: mem: found [10, 5, 1], allowed is one or two percentages or sizes"],
    ["verbose = 1", "1:11: verbose: found 1, allowed is true or false"],
    ["no-trim = true", "1:1: no-trim: there is no such key; write trim = false"],
    [
      "frobnicate = 1",
      "1:1: frobnicate: there is no such key; the keys are verbose, hourly, daemon",
    ],
    ["__proto__ = 1", "1:1: __proto__: there is no such key"],
    ["constructor = 1", "1:1: constructor: there is no such key"],
    ['"a b" = 1', '1:1: "a b": there is no such key'],
    ["unkillables = ['a', 'b[']", '1:23: unkillables: "b[" is not a glob: invalid range pattern'],
    ["unkillables = 'a|b['", '1:19: unkillables: "b[" is not a glob: invalid range pattern'],
    ["prefer = 'a\\1('", '1:12: prefer: "a\\\\1(" is not a usable regular expression'],
    ["oom-score-adj = 'x'", '1:17: oom-score-adj: found "x", allowed is one of respect, '],
    ["when = []", '1:8: when: found [], allowed is conditions, such as ["mem < 10 and swap < 10"]'],
    ['when = "mem < \\u0031x"', '1:8: when: found "1x" at character 7, allowed is a number'],
    ["mem = [5, 10]", "1:7: mem: found 5,10, allowed is a second number that is no higher"],
    ["swap = '5,10'", "1:8: swap: found 5,10, allowed is a second number that is no higher"],
    ["rule = 3", "1:1: rule: found 3, allowed is a list of tables: write [[rule]]"],
    ["rule = 'a'", '1:1: rule: found "a", allowed is a list of tables: write [[rule]]'],
    ["rule = []", "1:1: rule: found [], allowed is a list of tables: write [[rule]]"],
    ["[[rule]]\nrule = 1", "2:1: rule.rule: there is no such key"],
    ["[[rule]]\ncomm = [['a']]", "2:8: rule.comm: found [a list], allowed is"],
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
        'the kernel cuts names off after 15 bytes; write "systemd-journal*"',
    ],
    [
      "[[rule]]\ncomm = 'ääääääää'\nprotect = true",
      '2:8: rule.comm: "ääääääää" can match nothing: ' +
        'the kernel cuts names off after 15 bytes; write "äääääää*"',
    ],
    [
      "[[rule]]\nuser = 'bob'\nprotect = true",
      '2:8: rule.user: there is no user "bob" in /etc/passwd',
    ],
    ["[[rule]]\nuser = -1\nprotect = true", "2:8: rule.user: found -1, allowed is a user's name"],
    ["[[rule]]\nolder-than = '5x'\nprotect = true", '2:14: rule.older-than: found "5x", allowed'],
    ["[[rule]]\noom-score-adj = [5, 1]\nprotect = true", "2:17: rule.oom-score-adj: found [5, 1]"],
    ["[[rule]]\noom-score-adj = 1001\nprotect = true", "2:17: rule.oom-score-adj: found 1001"],
    ["[[rule]]\ncomm = '('\nregex = true\nprotect = true", '2:9: rule.comm: "(" is not a usable'],
    [
      "[[rule]]\nexe = 'usr/bin/foo'\nprotect = true",
      '2:7: rule.exe: "usr/bin/foo" can match nothing: paths of executables begin with / ' +
        'and end with a name; write "/usr/bin/foo"',
    ],
    [
      "[[rule]]\nexe = ['/opt/x', 'foo']\nprotect = true",
      '2:18: rule.exe: "foo" can match nothing: paths of executables begin with / ' +
        'and end with a name; write "*/foo"',
    ],
    [
      "[[rule]]\nexe = '^usr/bin/'\nregex = true\nprotect = true",
      '2:7: rule.exe: "^usr/bin/" can match nothing: paths of executables begin with / ',
    ],
    [
      "[[rule]]\ncgroup = '/system.slice/'\navoid = 5",
      '2:10: rule.cgroup: "/system.slice/" can match nothing: paths of cgroups begin with / ' +
        'and end with a name; write "/system.slice/*"',
    ],
    [
      "[[rule]]\nunit = 'postgresql'\nprotect = true",
      '2:8: rule.unit: "postgresql" can match nothing: names of units end in .service or .scope; ' +
        'write "postgresql.service"',
    ],
    [
      "[[rule]]\nunit = 'getty@'\nprotect = true",
      '2:8: rule.unit: "getty@" can match nothing: names of units end in .service or .scope; ' +
        'write "getty@*.service"',
    ],
    [
      "[[rule]]\nunit = 'user.slice'\nprotect = true",
      '2:8: rule.unit: "user.slice" can match nothing: processes belong to services and scopes; ',
    ],
    [
      "[[rule]]\ncomm = 'gnome-terminal-s*'\nprotect = true",
      '2:8: rule.comm: "gnome-terminal-s*" can match nothing: the kernel cuts names off after 15',
    ],
    [
      "[[rule]]\ncomm = 'a{16}'\nregex = true\nprotect = true",
      '2:8: rule.comm: "a{16}" can match nothing: the kernel cuts names off after 15 bytes',
    ],
    [
      "[[rule]]\ncmdline = 'a^b'\nregex = true\nprotect = true",
      '2:11: rule.cmdline: "a^b" can match nothing: it contradicts itself',
    ],
    [
      "unkillables = ['sshd', 'gnome-terminal-server']",
      '1:24: unkillables: "gnome-terminal-server" can match nothing: the kernel cuts names off ' +
        'after 15 bytes; write "gnome-terminal-*"',
    ],
    ["unkillables = ['*']", '1:16: unkillables: "*": it matches everybody, and nobody could be'],
    ["unkillables = ['a', '?*']", '1:21: unkillables: "?*": it matches everybody, and nobody'],
    ["prefer = ''", '1:10: prefer: "": it matches everybody, and changes nothing'],
    ["avoid = '.*'", '1:9: avoid: ".*": it matches everybody, and changes nothing'],
    ["ignore = ''", '1:10: ignore: "": it matches everybody, and nobody could be killed'],
    [
      "[[rule]]\ncomm = ['a', '*']\nprotect = true",
      "1:3: rule: it matches everybody, and nobody could be killed",
    ],
    [
      "[[rule]]\nexe = '/*'\ncgroup = '*'\nolder-than = 0\nprotect = true",
      "1:3: rule: it matches everybody, and nobody could be killed",
    ],
    ["[[rule]]\ncomm = '*'\nprefer = 100", "1:3: rule: it matches everybody, and changes nothing"],
    ["[[rule]]\ncomm = '*'\navoid = '50%'", "1:3: rule: it matches everybody, and changes"],
    [
      "[[rule]]\nolder-than = '2h'\nyounger-than = '1h'\nprefer = 100",
      "1:3: rule: nobody is older than that and younger as well",
    ],
    ["[[rule]]\nyounger-than = 0\nprefer = 100", "1:3: rule: nobody is older than that and"],
    [
      "[[rule]]\noom-score-adj = -1000\nprotect = true",
      "1:3: rule: processes whose oom_score_adj is -1000 are never killed anyway",
    ],
    [
      "[[rule]]\ncomm = 'a'\nprotect = true\n\npsi = 30",
      "5:1: rule.psi: it is no key of a rule; move it above the first [[rule]]",
    ],
    [
      "[[rule]]\ncomm = 'a'\nprefer = '^x$'",
      '3:10: rule.prefer: found "^x$", allowed is points from 1 to 2000, or a share such as "50%"' +
        "; if it is meant for the whole file, move it above the first [[rule]]",
    ],
    [
      "[[rule]]\ncomm = 'a'\nprotect = true\nmem = 5",
      "4:1: rule.mem: it is no key of a rule; move it above the first [[rule]]",
    ],
    ["kill-after = '11m'", '1:14: kill-after: found "11m", allowed is a time up to 10m, such as'],
    ["kill-after = -1", "1:14: kill-after: found -1, allowed is a time up to 10m, such as 500ms"],
    ["[[rule]]\ncomm = 'a'\nkill-after = 'x'", '3:14: rule.kill-after: found "x", allowed is a'],
    ["mem = 500", '1:7: mem: found "500", allowed is one or two percentages or sizes'],
    ["mem = ['10%', '5M', 3]", '1:7: mem: found ["10%", "5M", 3], allowed is one or two percent'],
    ["mem-size = '10%'", '1:12: mem-size: found "10%", allowed is one or two sizes, in KiB'],
    [`${"k".repeat(200)} = 1`, `1:1: ${"k".repeat(60)}…: there is no such key`],
    [`ignore = '${"a".repeat(4001)}'`, `1:4011: ignore: "${"a".repeat(60)}…" is not a usable`],
    [`unkillables = '${"a".repeat(1001)}'`, `1:16: unkillables: "${"a".repeat(60)}…" is too`],
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
          expect(sentence).toMatch(/^(\/f\.toml:\d+:\d+: \P{Cc}+|and \d+ more like these)$/u);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
