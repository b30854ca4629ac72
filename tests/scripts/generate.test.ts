import { describe, expect, test } from "bun:test";
import { defaultFile } from "../../scripts/generate/default-file.ts";
import { staleFiles } from "../../scripts/generate.ts";
import { FLAGS } from "../../src/cli/args.ts";
import { readConfiguration } from "../../src/cli/configuration.ts";
import { DEFAULT_RULES, defaultRules } from "../../src/cli/default-rules.ts";
import { DEFAULTS } from "../../src/cli/settings.ts";
import { matchesPattern } from "../../src/policy/pattern.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

test("generated files are what the tables give; if not, run bun scripts/generate.ts", async () => {
  expect(await staleFiles()).toEqual([]);
});

describe("the default file", () => {
  const uncommented = defaultFile().replace(/^#(?=\S| {2}")/gm, "");
  const files = { "/f": uncommented, "/etc/passwd": "alice:x:1000:1000::/:/bin/sh" };

  test("fits 80 columns and changes nothing as it is", async () => {
    expect(
      defaultFile()
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([]);
    const { settings } = await readConfiguration("/f", paperSurroundings({ "/f": defaultFile() }));
    expect(settings).toEqual({ rule: [] });
  });

  test("shows every key, and the defaults where it does not say otherwise", async () => {
    const { settings, sentences } = await readConfiguration("/f", paperSurroundings(files));
    expect(sentences).toEqual([]);
    const keys = FLAGS.flatMap(({ example, key }) => (example === undefined ? [] : (key ?? [])));
    const examples = new Set(["when", "rule", "hook", ...keys]);
    for (const [key, value] of Object.entries(settings)) {
      expect(examples.has(key) ? null : value).toEqual(
        examples.has(key) ? null : DEFAULTS[key as keyof typeof DEFAULTS],
      );
    }
    expect(Object.keys(settings).toSorted()).toEqual(
      [...FLAGS.flatMap(({ key }) => key ?? []), "when", "rule", "hook"].toSorted(),
    );
    expect(settings.when?.map(({ text }) => text)).toEqual([
      "mem <= 10 and swap <= 10",
      "psi.some >= 25 and scarce >= 1",
    ]);
  });

  test("its last rules are the default set", async () => {
    const { settings } = await readConfiguration("/f", paperSurroundings(files));
    const shown = settings.rule?.slice(1).map(({ match, effect }) => ({ match, effect }));
    // A file cannot tell the system's own program from another one of its name.
    const protecting = defaultRules().filter(({ match }) => match.isSystems !== false);
    const expected = protecting.map(({ effect, match: { comm, unit } }) => ({
      match: unit === undefined ? { comm } : { comm, unit },
      effect,
    }));
    expect(shown).toEqual(expected as typeof shown);
  });
});

describe("the default set", () => {
  const isNamed = (comm: string): string[] =>
    defaultRules()
      .filter(({ match }) => match.comm?.some((pattern) => matchesPattern(pattern, comm)))
      .map(({ effect }) => effect.kind);

  test.each([
    // Whoever else has this name is only avoided.
    ["systemd", ["protect", "points"]],
    ["sshd", ["protect", "points"]],
    ["gnome-shell", ["protect", "points"]],
    ["gnome-session-b", ["protect", "points"]],
    ["Xorg", ["protect", "points"]],
    ["dbus-daemon", ["protect", "points"]],
    ["apt-get", ["points"]],
    ["bash", []],
    ["firefox", []],
    ["sshd-session", []],
    ["postgres", []],
  ])("%s: %j", (comm, effects) => expect(isNamed(comm)).toEqual(effects));

  test("has no name the kernel would cut off, and none twice", () => {
    const names = DEFAULT_RULES.flatMap(({ comm }) => comm);
    expect(names.filter((name) => name.replace("*", "").length > 15)).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("all patterns compile", () => {
    for (const { comm } of DEFAULT_RULES) {
      expect(comm.filter((name) => isNamed(name.replace("*", "x")).length === 0)).toEqual([]);
    }
  });
});
