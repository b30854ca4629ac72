/** Files that somebody mistyped, and expressions of every kind in every kind of quotes. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { readConfiguration } from "../../src/cli/configuration.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const PASSWD = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";

/** Everything that a file can say. */
const GOOD = `verbose = false
kill-pgroup = true
psi = 25.5
unkillables = ["postgres", "qemu-*", 'a[!b-d]']
mem = [10, 5]
swap = "10,5"
prefer = '^(Web Content|Isolated Web Co)$'
avoid = "\\\\.service\\u0024"
oom-score-adj = "discount-positive"
when = ["mem <= 10 and swap <= 10", "psi.some >= 25 and scarce"]

[[rule]]
comm = ["chromium*", "firefox*"]
user = ["alice", 0]
younger-than = "10m"
oom-score-adj = [-17, 300]
prefer = 100

[[rule]]
cmdline = '''--type=(renderer|gpu-[a-z]+){1,2}'''
exe = """^/opt/"""
regex = true
avoid = "50%"

[[rule]]
unit = "user@*.service"
older-than = 1.5e3
group = "cgroup"

[[hook]]
on = ["killed", "nobody"]
run = ["/bin/mail", "-s", '$x']
timeout = "1m"
user = "alice"
`;

/** What is understood of a file; all that is wrong must be said in sentences that point into it. */
async function understood(text: string): Promise<Partial<Settings> | null> {
  const surroundings = paperSurroundings({ "/f.toml": text, "/etc/passwd": PASSWD });
  const { sentences, settings } = await readConfiguration("/f.toml", surroundings);
  const lines = text.split(/\n|\r\n?/);
  for (const sentence of sentences) {
    const [, line = "", column = ""] =
      /^\/f\.toml:(\d+):(\d+): [^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u.exec(sentence) ?? [];
    expect([sentence, lines.length >= Number(line), Number(line) > 0]).toEqual([
      sentence,
      true,
      true,
    ]);
    const width = lines[Number(line) - 1]?.length ?? 0;
    expect([sentence, width + 1 >= Number(column), Number(column) > 0]).toEqual([
      sentence,
      true,
      true,
    ]);
  }
  return sentences.length === 0 ? settings : null;
}

test("the file that is mistyped below is right", async () => {
  const settings = await understood(GOOD);
  expect(settings?.rule).toHaveLength(3);
  expect(Object.keys(settings ?? {})).toHaveLength(12);
  expect(settings?.hook).toHaveLength(1);
});

test("whatever is mistyped is understood or said where it is wrong", async () => {
  const letters = fc.string({
    unit: fc.constantFrom(...`"'[]{}()=#.,\\\n\t|*+?^$-<>%_au01 \0é😀\u202e\u007f`),
  });
  const slip = fc.record({
    at: fc.nat(GOOD.length),
    left: fc.oneof(fc.nat(3), fc.nat(40)),
    typed: fc.oneof(letters, fc.constant("")),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(slip, { minLength: 1, maxLength: 3 }), async (slips) => {
      let text = GOOD;
      for (const { at, left, typed } of slips) {
        text = text.slice(0, at) + typed + text.slice(at + left);
      }
      await understood(text);
    }),
    { numRuns: 1500 },
  );
});

const QUOTES: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(text).replaceAll("\u007f", "\\u007f"),
  (text) => `'${text}'`,
  (text) => `'''\n${text}'''`,
  (text) => `"""${JSON.stringify(text).slice(1, -1).replaceAll("\\n", "\n")}"""`,
  (text) => `["x", ${JSON.stringify(text)}]`,
  (text) => `"${text}"`,
];

test("any expression, in any quotes, is understood or said where it is wrong", async () => {
  const expression = fc.oneof(
    fc.string({
      unit: fc.constantFrom(..."ab([{*+?|)]}\\^$.-:1,!=<d/pLNuk<>%&é😀\n \u202e\u007f"),
    }),
    fc
      .array(fc.constantFrom("mem", "psi.some", "scarce", "and", "<", ">=", "10", "%", " "))
      .map((words) => words.join("")),
    fc.string({ unit: "binary" }),
  );
  const inRules = ["comm", "exe", "cmdline", "cgroup", "unit", "user", "older-than", "group"];
  const key = fc.constantFrom(
    ...["unkillables", "prefer", "avoid", "ignore", "when", "mem", "swap", "oom-score-adj"].concat(
      inRules.map((name) => `[[rule]]\nprotect = true\n${name}`),
      inRules.map((name) => `[[rule]]\nprotect = true\nregex = true\n${name}`),
    ),
  );
  await fc.assert(
    fc.asyncProperty(key, expression, fc.constantFrom(...QUOTES), async (name, text, quoted) => {
      await understood(`${name} = ${quoted(text)}\n`);
    }),
    { numRuns: 1500 },
  );
});
