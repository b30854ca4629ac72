import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metricsOf } from "../../src/commands/metrics-of.ts";
import { statusOf } from "../../src/commands/status-of.ts";
import { Mark } from "../../src/model/recorded.ts";
import { noteKill } from "../../src/recorder/counts.ts";
import { noteStart } from "../../src/recorder/ring.ts";
import { settingsInForce } from "../../src/recorder/standing.ts";
import { type Format, metricsText } from "../../src/report/metrics-text.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";
import { PaperRing, someParts } from "../helpers/recorded.ts";
import { cache } from "../vm/lab.ts";

const PATH = `${process.env["PATH"]}:${join(cache, "prometheus/usr/bin")}`;
const PROMTOOL = Bun.which("promtool", { PATH }) ?? "";
const missing = PROMTOOL === "" ? " (left out: apt-get install prometheus)" : "";

function aRing() {
  const paper = new PaperRing();
  noteStart(paper.ring, 999, false);
  paper.look(1_000, { availableKib: 500_000 }, Mark.NEAR, 0);
  paper.look(1_000, {}, 0, 2);
  noteKill(paper.ring, "leak", false, 640 * 1024);
  noteKill(paper.ring, "exhaustion", true, 0);
  return paper.content();
}

function text(format: Format, ring: ReturnType<typeof aRing> | null = aRing()): string {
  const standing = {
    version: 1,
    bustd: { version: "1.2.3", pid: 999, digest: "0123456789abcdef" },
    startedWallMs: Date.UTC(2026, 10, 28, 12),
    startedAtMs: 1_000,
    dryRun: false,
    settings: settingsInForce(someOptions()),
    when: [],
    ruleCount: 0,
    argv: [],
    machine: someParts().machine,
  };
  const status = statusOf({
    standing: ring === null ? null : standing,
    sources: { files: [], isCurrent: true },
    ring,
    isRingUnreadable: false,
    incidents: [],
    hasWarnings: false,
    warned: null,
    problems: [],
    memory: aReading({ swapTotalKib: 1000, swapFreeKib: 250 }),
    isThere: () => true,
    isHalted: () => false,
    nowAtMs: 3_500,
    midnightMs: 0,
  });
  return metricsText(metricsOf(status, ring), format);
}

describe("metrics", () => {
  test("count kills by rule, with names by Prometheus' rules", () => {
    const lines = text("prometheus").split("\n");
    for (const line of [
      "bustd_up 1",
      "bustd_dry_run 0",
      'bustd_build_info{version="1.2.3",settings="0123456789abcdef"} 1',
      "bustd_memory_available_ratio 0.5",
      "bustd_memory_available_bytes 4294967296",
      "bustd_swap_free_ratio 0.25",
      'bustd_memory_available_limit_ratio{signal="SIGTERM"} 0.1',
      'bustd_kills_total{rule="leak"} 1',
      'bustd_kills_total{rule="exhaustion"} 0',
      'bustd_dry_run_kills_total{rule="exhaustion"} 1',
      "# TYPE bustd_kills_total counter",
      "bustd_freed_bytes_total 671088640",
      "bustd_near_limit_total 1",
      "bustd_kernel_oom_kills_total 2",
      "bustd_incidents_lost_total 0",
      "bustd_start_time_seconds 1795867200",
      "bustd_last_look_timestamp_seconds 1795867203",
      "bustd_last_kill_timestamp_seconds 1795867203",
      "bustd_memory_available_lowest_bytes 512000000",
    ]) {
      expect(lines).toContain(line);
    }
  });

  test("of OpenMetrics end with EOF and name counters without _total", () => {
    const open = text("openmetrics");
    expect(open).toEndWith("\n# EOF\n");
    expect(open).toContain("# TYPE bustd_kills counter\nbustd_kills_total{");
  });

  test("say that it does not run, and no times that never were", () => {
    const lines = text("prometheus", null);
    expect(lines).toContain("bustd_up 0\n");
    expect(lines).toContain("bustd_memory_available_ratio 0.5\n");
    expect(lines).not.toMatch(/_seconds|_total|build_info/);
  });

  test("escape what a label holds", () => {
    const samples = [{ labels: { rule: 'a"b\\c\nd' }, value: Number.NaN }];
    const family = { name: "x", type: "gauge", help: "a\\b\nc", samples } as const;
    expect(metricsText([family], "prometheus")).toBe(
      '# HELP x a\\\\b\\nc\n# TYPE x gauge\nx{rule="a\\"b\\\\c\\nd"} NaN\n',
    );
  });
});

describe.skipIf(PROMTOOL === "")(`promtool${missing}`, () => {
  const check = (input: string) => {
    const stdin = new TextEncoder().encode(input);
    const { exitCode, stderr } = Bun.spawnSync([PROMTOOL, "check", "metrics"], { stdin });
    return { exitCode, said: stderr.toString().trim() };
  };

  test("finds no fault with Prometheus' own format", () => {
    for (const ring of [aRing(), null]) {
      expect(check(text("prometheus", ring))).toEqual({ exitCode: 0, said: "" });
    }
  });

  test("can read OpenMetrics, but for the names of counters, which are other ones there", () => {
    const { said } = check(text("openmetrics"));
    expect(said.replaceAll(/^"?bustd_\w+_total no help text\n?/gm, "")).toMatch(/^"?$/);
    expect(check(text("openmetrics", null))).toEqual({ exitCode: 0, said: "" });
  });

  test("takes OpenMetrics into its data base", () => {
    const directory = mkdtempSync(join(tmpdir(), "bustd-metrics-"));
    const file = join(directory, "metrics");
    // Only what has a time can be stored.
    const timed = text("openmetrics").replaceAll(/^(bustd.*)$/gm, "$1 1795867203.000");
    const store = (content: string) => {
      writeFileSync(file, content);
      const command = ["tsdb", "create-blocks-from", "openmetrics", file, join(directory, "data")];
      return Bun.spawnSync([PROMTOOL, ...command]).exitCode;
    };
    expect(store(timed)).toBe(0);
    expect(store(timed.replace("# EOF", ""))).not.toBe(0);
    expect(store(timed.replace("# TYPE bustd_kills counter", "# TYPE x"))).not.toBe(0);
    rmSync(directory, { recursive: true });
  });

  test("does find fault with a bad name", () => {
    expect(check("# HELP aB x\n# TYPE aB counter\naB 1\n").exitCode).not.toBe(0);
  });
});
