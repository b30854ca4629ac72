import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../src/commands/diagnose.ts";
import { isRoot } from "../helpers/program.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const NOBODY = 65534;
const EXIT_CODES = { good: 0, limited: 1, broken: 2 } as const;

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
    const { exitCode, findings } = answer([EXECUTABLE, "doctor", "--json"]);
    const plain = Bun.spawnSync([EXECUTABLE, "doctor"]);
    const lines = plain.stdout.toString().split("\n");
    const subjects = lines.flatMap((line) => /^(?:ok|limited|broken) +(\S.{18})/.exec(line) ?? []);
    expect(subjects.filter((_, index) => index % 2 === 1).map((text) => text.trim())).toEqual(
      findings.map(({ subject }) => subject),
    );
    expect(plain.exitCode).toBe(exitCode);
  });
});

describe.skipIf(!isBuilt || !isRoot)(`doctor, by who asks${unprivileged}`, () => {
  test("root may end others and lock memory", () => {
    const { by } = answer([EXECUTABLE, "doctor", "--json"]);
    expect(by.get("ending others")?.state).toBe("good");
    expect(by.get("locking memory")?.state).toBe("good");
  });

  test("nobody may end only its own, and lock little; all the rest it may", () => {
    const limited = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const limit = ["prlimit", "--memlock=8388608:8388608"];
    const command = [...limit, ...limited, EXECUTABLE, "doctor", "--json"];
    const { by, exitCode } = answer(command);
    expect(by.get("ending others")?.found).toBe("only our own user's processes can be ended");
    expect(by.get("locking memory")?.found).toStartWith("up to 8192 KiB");
    expect(by.get("PSI trigger")?.state).toBe("limited");
    expect(by.get("ending")?.state).toBe("good");
    expect(exitCode).toBe(EXIT_CODES.limited);
  });
});

/** Asks in a PID namespace where nothing runs but these, each a name or `python NAME`. */
function beside(...programs: readonly string[]): Finding | undefined {
  const script = `
    for program in "$@"; do
      directory=$(mktemp -d)
      fifo=$directory/\${program#python }
      mkfifo "$fifo"
      case $program in
      python*) (exec -a /usr/bin/python3 cat "$fifo") & ;;
      *) (exec -a "/usr/bin/$program" cat "$fifo") & ;;
      esac
      directories="$directories $directory"
    done
    while [ "$(cat /proc/[0-9]*/comm | grep -cx cat)" -le $# ]; do sleep 0.01; done
    '${EXECUTABLE}' doctor --json
    code=$?
    rm -rf $directories
    exit $code`;
  const alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
  return answer([...alone, "bash", "-c", script, "bash", ...programs]).by.get("other daemons");
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
