import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRoot } from "../helpers/program.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const unbuilt = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const unprivileged = isRoot ? unbuilt : " (left out: only root may do that)";

interface Row {
  readonly name: string;
  readonly user: string;
  readonly points: readonly { readonly origin: string; readonly points: number }[];
}

interface Answer {
  readonly victims: readonly Row[];
  readonly spared: readonly (Row & { readonly because: string; readonly origin: string })[];
  readonly hidden: boolean;
  readonly unread: number;
}

/** What another daemon says of itself is not there, nor is anything left behind. */
const OWN_FILES = "mount -t tmpfs none /run; mount -t tmpfs none /var/lib";

/** Where nothing runs but a shell, which is init, root's `sleep`, nobody's `tail`, and bustd. */
const WORLD = `
  ${OWN_FILES}
  mount -o "remount,hidepid=$1" /proc
  as_nobody() { exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
  as_root() { exec "$@"; }
  as_weak() { exec setpriv --bounding-set=-sys_ptrace "$@"; }
  as_root sleep 1000 &
  as_nobody tail -f /dev/null &
  until [ "$(cat /proc/[0-9]*/comm | grep -cx -e sleep -e tail)" = 2 ]; do sleep 0.01; done
  shift
  ("$@")
  exit $?`;

function ask(
  user: "root" | "nobody" | "weak",
  hidepid: 0 | 2,
  ...flags: readonly string[]
): string {
  const alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const asked = [`as_${user}`, EXECUTABLE, "victims", ...flags];
  const command = [...alone, "bash", "-c", WORLD, "bash", String(hidepid), ...asked];
  const { exitCode, stderr, stdout } = Bun.spawnSync(command);
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  return stdout.toString();
}

function answer(...words: Parameters<typeof ask>): Answer {
  return JSON.parse(ask(...words, "--json")) as Answer;
}

const namesOf = (rows: readonly Row[]) => rows.map(({ name }) => name).toSorted();

describe.skipIf(!isBuilt || !isRoot)(`victims, as it is compiled${unprivileged}`, () => {
  test("root sees everybody, also under hidepid", () => {
    for (const hidepid of [0, 2] as const) {
      const { hidden, spared, unread, victims } = answer("root", hidepid);
      expect(namesOf(victims)).toEqual(["sleep", "tail"]);
      expect(spared.map(({ because }) => because).toSorted()).toEqual(["init", "itself"]);
      expect([hidden, unread]).toEqual([false, 0]);
    }
  });

  test("a user does so without hidepid", () => {
    const { hidden, unread, victims } = answer("nobody", 0);
    expect(namesOf(victims)).toEqual(["sleep", "tail"]);
    expect([hidden, unread]).toEqual([false, 0]);
  });

  test("under hidepid a user sees only what is its own, and is told so", () => {
    const { hidden, spared, unread, victims } = answer("nobody", 2);
    expect(victims.map(({ name, user }) => [name, user])).toEqual([["tail", "nobody"]]);
    expect(spared.map(({ because }) => because)).toEqual(["itself"]);
    expect([hidden, unread]).toEqual([true, 0]);
    expect(ask("nobody", 2).trimEnd().split("\n").at(-1)).toBe(
      "Other users' processes cannot be seen: /proc is mounted with hidepid. Run this as root.",
    );
    expect(ask("nobody", 0)).not.toContain("hidepid");
  });

  test("who is left out because a rule asks about what cannot be read is counted", () => {
    const directory = mkdtempSync(join(tmpdir(), "bustd-victims-"));
    const config = join(directory, "exe.toml");
    chmodSync(directory, 0o755);
    writeFileSync(config, '[[rule]]\nexe = "/opt/*"\nprotect = true\n');
    const { hidden, unread, victims } = answer("nobody", 0, "--config", config);
    expect(namesOf(victims)).toEqual(["tail"]);
    // Root's program, and the shell: elsewhere init has no score.
    expect([hidden, unread]).toEqual([false, 2]);
    const lines = ask("nobody", 0, "--config", config).trimEnd().split("\n");
    expect(lines.at(-1)).toBe("Left out, as a rule asks what cannot be read: 2. Run this as root.");
    expect(answer("root", 0, "--config", config).unread).toBe(0);
    const weak = ask("weak", 0, "--config", config).trimEnd().split("\n");
    expect(weak.at(-1)).toBe(
      "Left out, as a rule asks what cannot be read: 3. This takes CAP_SYS_PTRACE.",
    );
    rmSync(directory, { recursive: true });
  });

  test("names that turn text around or do not show are escaped, in JSON as in lines", () => {
    const directory = mkdtempSync(join(tmpdir(), "bustd-victims-"));
    const script = `
      name="$1/$(printf 'a\\342\\200\\256b\\302\\255')"; cp "$(command -v sleep)" "$name"
      "$name" 1000 & until grep -qs ^a /proc/$!/comm; do sleep 0.01; done
      cp "$(command -v tail)" "$1/bustd"; "$1/bustd" -f /dev/null "$name.none" 2> /dev/null &
      until grep -qs bustd /proc/$!/comm; do sleep 0.01; done
      "$0" victims; "$0" victims --json; "$0" top; "$0" doctor; "$0" doctor --json; kill %1 %2`;
    const alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const { stdout } = Bun.spawnSync([...alone, "bash", "-c", script, EXECUTABLE, directory]);
    const text = stdout.toString();
    expect(text.split("a\\u{202e}b\\xad").length).toBeGreaterThan(3);
    expect(text).toContain('"name": "a\\u202eb\\u00ad"');
    expect(text).not.toMatch(/[\u202e\u00ad]/);
    rmSync(directory, { recursive: true });
  });

  test("preferences show", () => {
    const flags = ["--prefer", "^tail$", "--avoid", "^bash$", "-u", "slee?|x"];
    const { spared, victims } = answer("root", 0, ...flags, "--ignore-root-user");
    expect(victims.map(({ name, points }) => [name, points])).toEqual([
      ["tail", [{ origin: "prefer", points: 300 }]],
    ]);
    expect(spared.find(({ name }) => name === "sleep")).toMatchObject({ because: "root" });
    expect(answer("root", 0, "-u", "slee*|x").spared).toContainEqual(
      expect.objectContaining({ name: "sleep", because: "protected", origin: "unkillables" }),
    );
  });

  /** Asks where nothing runs but a daemon, a program of 40 MiB, and these. */
  function besideDaemon(script: string): string[] {
    const directory = mkdtempSync(join(tmpdir(), "bustd-victims-"));
    const world = `
      ${OWN_FILES}; cd "$1"; bustd=$0
      "$bustd" -n --pid-file none --dry-run -u 'sleep*|bash' >log 2>&1 &
      sleep 1000 &
      { head -c 40M /dev/zero; sleep 1000; } | tail &
      until grep -qs "would act when" log &&
        [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^sleep$')" = 2 ] &&
        [ "$(awk '/^VmRSS/ { print $2 }' /proc/$!/status)" -gt 40000 ]; do sleep 0.02; done
      ${script}
      true`;
    const alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const { stdout } = Bun.spawnSync([...alone, "bash", "-c", world, EXECUTABLE, directory]);
    rmSync(directory, { recursive: true });
    return stdout.toString().trimEnd().split("\n");
  }

  test("without flags, the settings of the daemon that runs hold, which is none of them", () => {
    const as = { root: "", nobody: "setpriv --reuid=65534 --regid=65534 --clear-groups" };
    for (const who of [as.root, as.nobody]) {
      const lines = besideDaemon(`${who} "$bustd" victims`);
      const [, first, empty] = lines;
      expect([first?.split(/ +/)[2], empty]).toEqual(["tail", ""]);
      expect(lines.filter((line) => /^spared: sleep .*: protected by unk/.test(line))).toHaveLength(
        2,
      );
      expect(lines.filter((line) => line.endsWith(": bustd itself"))).toHaveLength(2);
      expect(lines.at(-1)).toMatch(/^With the settings of the bustd that runs \(pid \d+\)\.$/);
    }
  });

  test("with flags, these hold; who is too small stands apart; --all shows more than 20", () => {
    // A child that bash has forked has its name until it has executed sleep.
    const areAsleep = `[ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^sleep$')" = 32 ]`;
    const crowd = `for i in $(seq 30); do sleep 1000 & done; until ${areAsleep}; do :; done`;
    const count = (lines: readonly string[]) =>
      lines.filter((line) => line.includes("sleep")).length;
    const lines = besideDaemon(`${crowd}; "$bustd" victims -u bash`);
    const least = "too small (less than 16 MiB), killed only where no larger one can be:";
    expect(lines[1]).toContain(" tail ");
    expect(lines[2]).toBe(least);
    expect([count(lines), lines.includes("and 13 more, which --all shows")]).toEqual([19, true]);
    expect(lines.join("\n")).not.toContain("that runs");
    expect(count(besideDaemon(`${crowd}; "$bustd" victims -u bash --all`))).toBe(32);
  });
});
