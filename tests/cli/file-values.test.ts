/** What rules and amounts in a file become. */
import { describe, expect, test } from "bun:test";
import { readConfiguration } from "../../src/cli/configuration.ts";
import type { Settings } from "../../src/cli/settings.ts";
import type { Rule } from "../../src/model/options.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const PASSWD = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";

async function ruleOf(text: string): Promise<Rule | undefined> {
  const surroundings = paperSurroundings({ "/f.toml": `[[rule]]\n${text}`, "/etc/passwd": PASSWD });
  const { settings, sentences } = await readConfiguration("/f.toml", surroundings);
  expect(sentences).toEqual([]);
  return settings.rule?.[0];
}

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

describe("amounts in files", () => {
  const MIB = 1024;
  const sized = (soft: number, hard: number) => ({
    softPercent: 100,
    hardPercent: 100,
    softKib: soft * MIB,
    hardKib: hard * MIB,
  });
  test.each<[string, Partial<Settings>]>([
    ["mem = 8", { mem: { softPercent: 8, hardPercent: 4 } }],
    ["mem = '10%'", { mem: { softPercent: 10, hardPercent: 5 } }],
    ["mem = '500M'", { mem: sized(500, 250) }],
    ["mem = ['500M', '100M']", { mem: sized(500, 100) }],
    ["mem = '1G,100M'", { mem: sized(1024, 100) }],
    ["mem = ['10%', '100M']", { mem: { softPercent: 10, hardPercent: 100, hardKib: 100 * MIB } }],
    ["mem = [10, '1%']", { mem: { softPercent: 10, hardPercent: 1 } }],
    ["mem-size = 1024", { "mem-size": sized(1, 0.5) }],
    ["swap-size = ['2M', 1024]", { "swap-size": sized(2, 1) }],
    ["swap = '0M'", { swap: { softPercent: 0, hardPercent: 0 } }],
    ["psi = '30%'", { psi: 30 }],
    ["kill-after = 10", { "kill-after": 10_000 }],
    ["kill-after = '10s'", { "kill-after": 10_000 }],
    ["kill-after = '1.5 s'", { "kill-after": 1500 }],
  ])("%s", async (text, expected) => {
    const { sentences, settings } = await readConfiguration(
      "/f.toml",
      paperSurroundings({ "/f.toml": text }),
    );
    expect(sentences).toEqual([]);
    expect(settings).toEqual({ ...expected, rule: [] });
  });

  test.each<[string, Rule["effect"]]>([
    ["protect = true", { kind: "protect" }],
    ["prefer = 10", { kind: "points", points: 10 }],
    ["avoid = '50%'", { kind: "percent", percent: 50 }],
    ["group = 'cgroup'", { kind: "group", scope: "cgroup" }],
    ["", { kind: "points", points: 0 }],
  ])("a rule's own kill-after, beside %j", async (effect, expected) => {
    const rule = await ruleOf(`comm = "a"\nkill-after = "20s"\n${effect}`);
    expect(rule).toMatchObject({ effect: expected, killAfterMs: 20_000 });
  });

  test("what everybody is killed with may be said of everybody", async () => {
    expect(await ruleOf('comm = "*"\nkill-after = 5')).toMatchObject({ killAfterMs: 5000 });
    expect(await ruleOf('comm = "*"\ngroup = "cgroup"')).toMatchObject({ match: {} });
  });
});
