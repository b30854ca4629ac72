import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const UNIT = join(import.meta.dir, "../../packaging/systemd/bustd.service");
const analyze = Bun.which("systemd-analyze");
const why = analyze === null ? " (left out: no systemd-analyze here)" : "";

describe.skipIf(analyze === null)(`the unit${why}`, () => {
  const security = (...options: readonly string[]) =>
    Bun.spawnSync(["systemd-analyze", "security", "--offline=true", ...options, UNIT]);

  test("is exposed by 1.2 at most", () => {
    const { exitCode, stdout } = security("--threshold=12");
    expect(stdout.toString()).toContain("Overall exposure level");
    expect(exitCode).toBe(0);
  });

  test("gives a reason for each restriction that it does without", () => {
    const all = JSON.parse(security("--json=short").stdout.toString()) as {
      readonly set: boolean | null;
      readonly name: string;
      readonly exposure: string | null;
    }[];
    const missing = all.filter(({ exposure, set }) => set === false && exposure !== null);
    const reasons = readFileSync(UNIT, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("#"));
    // `ProtectProc=`, `CapabilityBoundingSet=~CAP_KILL`, `…=~CAP_SYS_(NICE|RESOURCE)`, `A=/B=`
    const words = missing.map(({ name }) =>
      name
        .replace(/^[^=]*=~/, "")
        .replace("(NICE|RESOURCE)", "RESOURCE")
        .replace(/=.*/, ""),
    );
    expect(words.length).toBeGreaterThan(5);
    expect(words.filter((word) => !reasons.join("\n").includes(word))).toEqual([]);
  });
});
