import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { environmentOf } from "../../src/commands/happenings.ts";
import { aKill } from "../helpers/announced.ts";

const HOOKS = join(import.meta.dir, "../../packaging/hooks");
const directory = mkdtempSync(join(tmpdir(), "bustd-hooks-"));
afterAll(() => rmSync(directory, { recursive: true }));

const said = join(directory, "said");
/** Programs that write down what they were given, in place of those that a hook calls. */
for (const name of ["sendmail", "curl", "systemctl"]) {
  const text = `#!/bin/sh\n{ printf '<%s>\\n' "$@"; cat; } >>${said} </dev/stdin\n`;
  writeFileSync(join(directory, name), text, { mode: 0o755 });
}

/** What a hook has a program do for a kill of this process. */
function play(hook: string, args: readonly string[], comm: string, user: string, cgroup = "/") {
  writeFileSync(said, "");
  const kill = aKill({ details: [{ pid: 42, cgroup }] }, 42, comm);
  const teller = { userOf: () => user, timeOf: () => "12:00" };
  const env = environmentOf("killed", kill, teller);
  const PATH = `${directory}:/usr/bin:/bin`;
  const done = Bun.spawnSync([join(HOOKS, hook), ...args], { env: { ...env, PATH } });
  return {
    exitCode: done.exitCode,
    complaint: done.stderr.toString(),
    text: readFileSync(said, "utf8"),
  };
}

const hasShellcheck = Bun.which("shellcheck") !== null;
const left = hasShellcheck ? "" : " (left out: no shellcheck here)";

describe("the examples of hooks", () => {
  test.skipIf(!hasShellcheck)(`are clean to shellcheck${left}`, () => {
    const paths = readdirSync(HOOKS).map((name) => join(HOOKS, name));
    const { stdout } = Bun.spawnSync(["shellcheck", "-s", "sh", ...paths]);
    expect(paths).toHaveLength(3);
    expect(stdout.toString()).toBe("");
  });

  test("mail the user who lost a process, and nobody whose name is an option", () => {
    const { exitCode, text } = play("mail-to-owner", [], "leak", "alice");
    expect(exitCode).toBe(0);
    expect(text).toStartWith("<-i>\n<-->\n<alice>\nTo: alice\nSubject: Memory ran out");
    expect(text).toContain("\n\nleak (pid 42) was killed on 12:00.\n");
    for (const user of ["-oQ/tmp", "a b", "x\ny", ""]) {
      expect(play("mail-to-owner", [], "leak", user)).toEqual({
        exitCode: 0,
        complaint: "",
        text: "",
      });
    }
  });

  test("post JSON that means what it says, whatever the name is", () => {
    const secret = join(directory, "secret");
    writeFileSync(secret, "https://chat.example/hook\n");
    const names = fc.string({ unit: "binary", maxLength: 15 });
    fc.assert(
      fc.property(names, (comm) => {
        const { complaint, exitCode, text } = play("chat-webhook", [secret], comm, "alice");
        expect([exitCode, complaint]).toEqual([0, ""]);
        const [, json = ""] = /^<--data-binary>\n<(.*)>$/m.exec(text) ?? [];
        const { text: message } = JSON.parse(json) as { readonly text: string };
        const kill = aKill({}, 42, comm);
        const teller = { userOf: () => "alice", timeOf: () => "12:00" };
        const { BUSTD_MESSAGE } = environmentOf("killed", kill, teller);
        expect(message).toEndWith(`: ${BUSTD_MESSAGE} (rule exhaustion)`);
        expect(text).toContain('\nurl = "https://chat.example/hook"\n');
        expect(text.split("\nurl")[0]).not.toContain("chat.example");
      }),
      { numRuns: 10 },
    );
  });

  test("restart a unit of which a process was killed, and no other", () => {
    const units = ["nginx.service", "post.service"];
    const restarted = (cgroup: string) => play("restart-unit", units, "x", "alice", cgroup).text;
    expect(restarted("/system.slice/post.service")).toBe("<restart>\n<-->\n<post.service>\n");
    expect(restarted("/system.slice/post.service/a")).toBe("<restart>\n<-->\n<post.service>\n");
    expect(restarted("/system.slice/my-post.service")).toBe("");
    expect(restarted("/system.slice/other.service")).toBe("");
    expect(restarted("/")).toBe("");
  });
});
