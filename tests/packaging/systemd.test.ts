import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const UNITS = join(import.meta.dir, "../../packaging/systemd");
const UNIT = join(UNITS, "bustd.service");
const ANNOUNCE = join(UNITS, "bustd-announce.service");
const analyze = Bun.which("systemd-analyze");
const why = analyze === null ? " (left out: no systemd-analyze here)" : "";

describe.skipIf(analyze === null)(`a unit${why}`, () => {
  const securityOf = (unit: string, ...options: readonly string[]) =>
    Bun.spawnSync(["systemd-analyze", "security", "--offline=true", ...options, unit]);
  const security = (...options: readonly string[]) => securityOf(UNIT, ...options);

  test.each([
    ["the daemon's", UNIT, 10],
    ["that of hooks, which may be root's and reach the network", ANNOUNCE, 36],
  ])("%s is exposed by no more than it needs", (_what, unit, tenths) => {
    const { exitCode, stdout } = securityOf(unit, `--threshold=${tenths}`);
    expect(stdout.toString()).toContain("Overall exposure level");
    expect(exitCode).toBe(0);
  });

  test("of hooks gives a reason for each right that it keeps", () => {
    const text = readFileSync(ANNOUNCE, "utf8");
    const [, rights = ""] = /^CapabilityBoundingSet=(.*)$/m.exec(text) ?? [];
    const reasons = text.split("\n").filter((line) => line.startsWith("#   CAP_"));
    const named = reasons.flatMap((line) => line.match(/CAP_[A-Z_]+/g) ?? []);
    expect(named.toSorted()).toEqual(rights.split(" ").toSorted());
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
