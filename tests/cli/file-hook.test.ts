import { describe, expect, test } from "bun:test";
import { parseCommandLine } from "../../src/cli/options.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const PASSWD = "root:x:0:0:r:/:/bin/sh\nalice:x:1000:1000:a:/a:/bin/sh\n";

function surroundings(text: string, programProblem = () => null as string | null) {
  const files = { "/etc/bustd/bustd.toml": text, "/etc/passwd": PASSWD };
  return paperSurroundings(files, { programProblem });
}

async function hooksOf(text: string) {
  const line = await parseCommandLine(["announce"], surroundings(text));
  return line.kind === "announce" ? line : null;
}

const HOOK = '[[hook]]\non = "killed"\nrun = ["/bin/mail"]\n';

describe("[[hook]]", () => {
  test("has a limit of 30 s, and runs as whoever starts it", async () => {
    expect((await hooksOf(HOOK))?.hooks).toEqual([
      { origin: "bustd.toml:1", on: ["killed"], run: ["/bin/mail"], timeoutMs: 30_000, uid: null },
    ]);
  });

  test("takes lists, a limit and a user", async () => {
    const text = `[[hook]]
on = ["killed", "nobody", "killed"]
run = ["/bin/mail", "-s", "$x"]
timeout = "1m"
user = "alice"`;
    expect((await hooksOf(text))?.hooks).toEqual([
      {
        origin: "bustd.toml:1",
        on: ["killed", "nobody"],
        run: ["/bin/mail", "-s", "$x"],
        timeoutMs: 60_000,
        uid: 1000,
      },
    ]);
  });

  test("of all files are kept, beside rules", async () => {
    const files = {
      "/etc/bustd/bustd.toml": `${HOOK}[[rule]]\ncomm = "x"\nprotect = true\n`,
      "/etc/bustd/bustd.toml.d/a.toml": HOOK,
    };
    const line = await parseCommandLine(["announce"], paperSurroundings(files));
    expect(line.kind === "announce" ? line.hooks.map(({ origin }) => origin) : line).toEqual([
      "bustd.toml:1",
      "a.toml:1",
    ]);
  });

  test("is no business of the daemon's own stage", async () => {
    const line = await parseCommandLine([], surroundings(HOOK));
    expect(line.kind).toBe("daemon");
    expect(JSON.stringify(line)).not.toContain("/bin/mail");
  });

  const wrongs = [
    ["[[hook]]", "1:3: hook: found no on, which each hook must have"],
    ['[[hook]]\non = "killed"', "1:3: hook: found no run, which each hook must have"],
    [HOOK.replace("killed", "dead"), '2:6: hook.on: found "dead", allowed is one of killed, '],
    [HOOK.replace('"killed"', "[]"), "hook.on: found [], allowed is one of killed, "],
    [
      HOOK.replace('["/bin/mail"]', '"/bin/mail"'),
      'hook.run: found "/bin/mail", allowed is a list',
    ],
    [HOOK.replace('["/bin/mail"]', "[]"), "hook.run: found [], allowed is a list"],
    [HOOK.replace("/bin/mail", "mail"), '3:8: hook.run: found "mail", allowed is an absolute path'],
    [
      HOOK.replace("mail", String.raw`m\u0000`),
      "hook.run: an argument cannot hold the character NUL",
    ],
    [
      `${HOOK}timeout = "2h"`,
      '4:11: hook.timeout: found "2h", allowed is a time above 0 and up to',
    ],
    [`${HOOK}timeout = 0`, "hook.timeout: found "],
    [`${HOOK}user = "eve"`, '4:8: hook.user: there is no user "eve" in /etc/passwd'],
    [`${HOOK}user = -1`, "hook.user: found -1, allowed is a user's name or number"],
    [`${HOOK}usr = 1`, "hook.usr: there is no such key; did you mean user?"],
    [`${HOOK}psi = 1`, "hook.psi: it is no key of a hook; move it above the first [[hook]]"],
    ["hook = 1", "hook: found 1, allowed is a list of tables: write [[hook]]"],
    [HOOK.repeat(21), "found 21 hooks, allowed are 20: join some of them"],
  ] as const;
  test.each(wrongs)("%j is refused", async (text, sentence) => {
    const line = await parseCommandLine(["check-config"], surroundings(text));
    expect(line.kind === "problems" ? line.sentences.join("\n") : "").toContain(sentence);
    const announced = await hooksOf(text);
    expect([announced?.hooks, announced?.problems.join("\n")]).toEqual([
      [],
      expect.stringContaining(sentence),
    ]);
  });

  test("is counted by check-config, which warns of one that would not run", async () => {
    const check = ["check-config"];
    expect(await parseCommandLine(check, surroundings(HOOK))).toEqual({
      kind: "print",
      text: "ok: /etc/bustd/bustd.toml (settings: 0, rules: 0, hooks: 1)\n",
      warnings: [],
    });
    const broken = await parseCommandLine(
      check,
      surroundings(HOOK, () => "it is gone"),
    );
    expect(broken).toMatchObject({
      warnings: ["the hook of bustd.toml:1 would not run: /bin/mail: it is gone"],
    });
    const warned = HOOK.replace("killed", "warned");
    expect(await parseCommandLine(check, surroundings(warned))).toMatchObject({
      warnings: ["the hook of bustd.toml:1 is not run on warned without warn = true, or --warn"],
    });
    expect(await parseCommandLine(check, surroundings(`warn = true\n${warned}`))).toMatchObject({
      warnings: [],
    });
  });
});
