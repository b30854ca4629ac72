import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../../src/commands/diagnose.ts";
import { isRoot } from "../helpers/program.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const NOBODY = 65534;
const EXIT_CODES = { good: 0, hint: 0, limited: 1, broken: 2 } as const;

const unbuilt = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const unprivileged = isRoot ? unbuilt : " (left out: only root may do that)";

interface Answer {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
  readonly by: ReadonlyMap<string, Finding>;
}

function answer(command: readonly string[]): Answer {
  const { exitCode, stderr, stdout } = Bun.spawnSync([...command]);
  expect(stderr.toString()).toBe("");
  const findings = JSON.parse(stdout.toString()) as Finding[];
  const by = new Map(findings.map((finding) => [finding.subject, finding]));
  return { exitCode, findings, by };
}

function worst(findings: readonly Finding[]): number {
  return Math.max(...findings.map(({ state }) => EXIT_CODES[state]));
}

describe.skipIf(!isBuilt)(`doctor, as it is compiled${unbuilt}`, () => {
  test("--json is a list of findings, and the worst of them is the exit code", () => {
    const { exitCode, findings } = answer([EXECUTABLE, "doctor", "--json"]);
    for (const finding of findings) {
      expect(Object.keys(finding)).toEqual(["subject", "state", "found", "remedy"]);
      expect(finding.found).not.toBe("");
      expect(finding.remedy === "").toBe(finding.state === "good");
    }
    expect(exitCode).toBe(worst(findings));
    expect(exitCode).toBeLessThan(EXIT_CODES.broken);
  });

  test("without it, a line for each, with the same exit code", () => {
    const ask = () => answer([EXECUTABLE, "doctor", "--json"]);
    const statesOf = (asked: Answer) => asked.findings.map(({ state }) => state).join(" ");
    let asked = ask();
    let plain = Bun.spawnSync([EXECUTABLE, "doctor"]);
    // Other daemons may come and go meanwhile.
    for (let next = ask(); statesOf(next) !== statesOf(asked); next = ask()) {
      asked = next;
      plain = Bun.spawnSync([EXECUTABLE, "doctor"]);
    }
    const { exitCode, findings } = asked;
    const lines = plain.stdout.toString().split("\n");
    const subjects = lines.flatMap(
      (line) => /^(?:ok|hint|limited|broken) +(\S.{18})/.exec(line) ?? [],
    );
    expect(subjects.filter((_, index) => index % 2 === 1).map((text) => text.trim())).toEqual(
      findings.map(({ subject }) => subject),
    );
    expect(plain.exitCode).toBe(exitCode);
  });
});

describe.skipIf(!isBuilt || !isRoot)(`doctor, by who asks${unprivileged}`, () => {
  test("root may kill others and lock memory", () => {
    const { by } = answer([EXECUTABLE, "doctor", "--json"]);
    expect(by.get("killing others")?.state).toBe("good");
    expect(by.get("locking memory")?.state).toBe("good");
  });

  test("nobody may kill only its own, and lock little; all the rest it may", () => {
    const limited = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const limit = ["prlimit", "--memlock=8388608:8388608"];
    const command = [...limit, ...limited, EXECUTABLE, "doctor", "--json"];
    const { by, exitCode } = answer(command);
    expect(by.get("killing others")?.found).toBe("only our own user's processes can be killed");
    expect(by.get("locking memory")?.found).toStartWith("up to 8192 KiB");
    expect(by.get("PSI trigger")?.state).toBe("limited");
    expect(by.get("killing")?.state).toBe("good");
    expect(exitCode).toBe(EXIT_CODES.limited);
  });
});

const ALONE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
/** Nor is there a pid file, or what another daemon says of itself; and nothing is left behind. */
const OWN_FILES = "mount -t tmpfs none /run; mount -t tmpfs none /var/lib";

/** Asks in a PID namespace where nothing runs but these, each a name or `python NAME`. */
function beside(...programs: readonly string[]): Finding | undefined {
  const script = `
    ${OWN_FILES}
    directory=$(mktemp -d)
    mkfifo "$directory/fifo"
    for program in "$@"; do
      case $program in
      python*)
        cp "$(command -v cat)" "$directory/python3"
        mkfifo "$directory/\${program#python }"
        "$directory/python3" "$directory/\${program#python }" &
        ;;
      *)
        # One that is about to be executed cannot be written anew.
        [ -e "$directory/$program" ] || cp "$(command -v cat)" "$directory/$program"
        "$directory/$program" -n "$directory/fifo" &
        ;;
      esac
    done
    while grep -qsx bash $(printf '/proc/%s/comm ' $(jobs -p)) /dev/null; do sleep 0.01; done
    '${EXECUTABLE}' doctor --json
    code=$?
    rm -rf "$directory"
    exit $code`;
  return answer([...ALONE, "bash", "-c", script, "bash", ...programs]).by.get("other daemons");
}

describe.skipIf(!isBuilt || !isRoot)(`doctor, beside other daemons${unprivileged}`, () => {
  test.each<[readonly string[], string]>([
    [[], "none run"],
    [["bustd"], "none run"],
    [["bustd", "bustd"], "a second bustd runs as well"],
    [["earlyoom"], "earlyoom runs as well"],
    [["systemd-oomd", "bustd"], "systemd-oomd runs as well"],
    [["low-memory-monitor"], "low-memory-monitor runs as well"],
    [["python nohang"], "nohang runs as well"],
    [["python nohang", "earlyoom"], "earlyoom, nohang runs as well"],
    [["earlyoomd", "python other"], "none run"],
  ])("%j: %s", (programs, found) => {
    const finding = beside(...programs);
    expect(finding?.found).toBe(found);
    expect(finding?.state).toBe(found === "none run" ? "good" : "limited");
  });
});

describe.skipIf(!isBuilt || !isRoot)(`doctor, beside our own daemon${unprivileged}`, () => {
  /** What is said of the daemon that this script starts. */
  function saidOf(script: string): Finding | undefined {
    const before = `${OWN_FILES}; bustd='${EXECUTABLE}'; directory=$(mktemp -d); cd "$directory"`;
    const after = `"$bustd" doctor --json; code=$?; rm -rf "$directory"; exit $code`;
    const whole = `${before}\n${script}\n${after}`;
    return answer([...ALONE, "bash", "-c", whole]).by.get("bustd");
  }
  const START = (args: string) => `
    "$bustd" ${args} > log 2>&1 &
    until grep -qsE "acting when|would act when" log || ! kill -0 $!; do sleep 0.02; done`;

  test("says since when it runs, and with what", () => {
    const before = Math.floor(Date.now() / 1000) * 1000 - 1000;
    const finding = saidOf(START("-n -p 99 -M 1 -u 'a b'"));
    const [, since = "", args] =
      /^runs since (\S+), pid \d+: (.*)$/.exec(finding?.found ?? "") ?? [];
    expect(args).toBe("bustd -n -p 99 -M 1 -u 'a b'");
    expect(Date.parse(since)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(since)).toBeLessThanOrEqual(Date.now());
    expect(finding?.state).toBe("good");
  });

  test("says that a dry run kills nobody, by flag or by file", () => {
    const byFlag = saidOf(START("-n --dry-run"));
    expect([byFlag?.state, byFlag?.found]).toEqual([
      "limited",
      expect.stringMatching(/--dry-run; a dry run: it kills nobody$/),
    ]);
    const file = `echo 'dry-run = true' > a.toml`;
    const byFile = saidOf(`${file}\n${START('-n --config "$directory/a.toml"')}`);
    expect(byFile?.found).toEndWith("; a dry run: it kills nobody");
  });

  test("takes no command of ours for it, and no stranger who calls himself so", () => {
    expect(saidOf("")).toMatchObject({ state: "hint", found: "does not run" });
    const stranger = `
      chmod 755 "$directory"; cp "$(command -v sleep)" bustd
      setpriv --reuid=1000 --regid=1000 --clear-groups ./bustd 1000 &
      until grep -qsx bustd /proc/$!/comm; do sleep 0.01; done`;
    expect(saidOf(stranger)?.found).toBe("does not run");
    const command = `
      mkfifo pipe; cp "$(command -v cat)" bustd; ./bustd victims pipe 2> /dev/null &
      until grep -qsx bustd /proc/$!/comm; do sleep 0.01; done`;
    expect(saidOf(command)?.found).toBe("does not run");
  });

  test("of a broken configuration it is said where, and nothing else is kept back", () => {
    const asked = [
      "bash",
      "-c",
      `echo 'psi = 500' > $1/a.toml; "$0" doctor --json --config $1/a.toml`,
    ];
    const directory = mkdtempSync(join(tmpdir(), "bustd-"));
    const { by, exitCode } = answer([...asked, EXECUTABLE, directory]);
    rmSync(directory, { recursive: true });
    expect(by.get("configuration")?.found).toContain("/a.toml:1:7: psi: found ");
    expect(by.get("kernel")).toBeDefined();
    expect(exitCode).toBe(EXIT_CODES.broken);
  });

  test("reads no more of a command line than it can hold", () => {
    const finding = saidOf(`
      word=$(head -c 100000 /dev/zero | tr '\\0' x); mkfifo pipe; cp "$(command -v cat)" bustd
      ./bustd pipe $word $word $word $word $word $word $word $word $word $word 2> /dev/null &
      until grep -qsx bustd /proc/$!/comm; do sleep 0.01; done`);
    expect(finding?.found).toContain(": bustd pipe xxxxx");
    expect(finding?.found.length).toBeLessThan(20_000);
  });
});
