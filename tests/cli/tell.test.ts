import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Incident } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { writeIncident } from "../../src/recorder/incidents.ts";
import { noteKill } from "../../src/recorder/counts.ts";
import { linux } from "../../src/sys/linux.ts";
import { isRoot } from "../helpers/program.ts";
import { PaperRing, someParts } from "../helpers/recorded.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const left = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";

const directory = mkdtempSync(join(tmpdir(), "bustd-tell-"));
const incidents = join(directory, "incidents");
const inDirectory = (name: string) => join(directory, name);

/** The program in Greenwich, so that times are the same everywhere. */
function bustd(...words: readonly string[]) {
  const env = { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8", PAGER: "false" };
  const { exitCode, stderr, stdout } = Bun.spawnSync([EXECUTABLE, ...words], { env });
  return { exitCode, said: stdout.toString(), complained: stderr.toString() };
}

beforeAll(() => {
  mkdirSync(incidents);
  const { wallMs } = someParts();
  writeIncident(linux, incidents, incidentOf(someParts()), null);
  const later = { wallMs: wallMs + 3_600_000, kind: "dry-run" } as const;
  writeIncident(linux, incidents, incidentOf(someParts(later)), null);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(!isBuilt)(`looking back, as it is compiled${left}`, () => {
  test("incidents lists them, the newest last", () => {
    const { complained, exitCode, said } = bustd("incidents", "-D", directory);
    expect([exitCode, complained]).toEqual([0, ""]);
    const lines = said.trimEnd().split("\n");
    expect(lines).toEqual([
      "ID                            TIME UTC    NAME          RULE       FREED WHAT",
      "20261128T120000.123Z-4242     11-28 12:00 leak          exhaustion  640M kill",
      "20261128T130000.123Z-4242-dry 11-28 13:00 leak          exhaustion  640M dry run",
    ]);
    const [id = ""] = lines[1]?.split(" ") ?? [];
    for (const command of ["explain", "replay"]) {
      expect(bustd(command, id, "-D", directory)).toMatchObject({ exitCode: 0, complained: "" });
    }
  });

  test("-r, -1, --since and --until choose among them", () => {
    const times = (...words: readonly string[]) =>
      [...bustd("incidents", "-D", directory, ...words).said.matchAll(/ (\d\d):00 /g)]
        .map(([, hour]) => hour)
        .join(" ");
    expect(times("-r")).toBe("13 12");
    expect(times("-1")).toBe("13");
    expect(times("--since", "2026-11-28 12:30")).toBe("13");
    expect(times("--until=2026-11-28 12:30")).toBe("12");
    expect(times("leak", "-r")).toBe("13 12");
  });

  test("--json is what was written", () => {
    const list = JSON.parse(bustd("incidents", "-D", directory, "--json").said) as Incident[];
    expect(list).toEqual([
      incidentOf(someParts()),
      incidentOf(someParts({ wallMs: someParts().wallMs + 3_600_000, kind: "dry-run" })),
    ]);
    const one = JSON.parse(bustd("explain", "-D", directory, "--json").said) as Incident;
    expect(one.kind).toBe("dry-run");
  });

  test("explain tells of the last, and of a file that was brought along", () => {
    const last = bustd("explain", "-D", directory);
    expect(last.said).toStartWith(
      "leak (pid 4242) would have been killed on 2026-11-28 13:00:00 UTC, but",
    );
    const file = join(incidents, "20261128T120000.123Z-4242.json");
    const { complained, exitCode, said } = bustd("explain", file);
    expect([exitCode, complained]).toEqual([0, ""]);
    expect(said).toStartWith("leak (pid 4242) was killed on 2026-11-28 12:00:00 UTC.\n");
    expect(said).toContain("\nWhy not database (pid 77)\n");
    expect(said).not.toContain("\x1b");
  });

  test("a name may look like a path", () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "bustd-tell-"));
    mkdirSync(join(elsewhere, "incidents"));
    const incident = JSON.stringify(incidentOf(someParts())).replaceAll('"leak"', '"a/leak"');
    writeFileSync(join(elsewhere, "incidents/20261128T120000.123Z-4242.json"), incident);
    const { complained, exitCode, said } = bustd("explain", "-D", elsewhere, "a/leak");
    expect([exitCode, complained]).toEqual([0, ""]);
    expect(said).toStartWith("a/leak (pid 4242) was killed");
    expect(bustd("explain", "-D", elsewhere, "b/leak")).toEqual({
      exitCode: 1,
      said: "",
      complained: "bustd: b/leak: there is no such file; nor does an incident match\n",
    });
    rmSync(elsewhere, { recursive: true });
  });

  test("that the last kill is not written down yet is said, for some seconds", () => {
    const paper = new PaperRing();
    const news = inDirectory("news");
    mkdirSync(join(news, "incidents"), { recursive: true });
    const ringOf = (agoMs: number) => {
      paper.sys.bootedWallMs = Date.now() - agoMs - paper.sys.atMs;
      noteKill(paper.ring, "leak", false, 1);
      writeFileSync(join(news, "ring"), paper.bytes(), { mode: 0o640 });
    };
    ringOf(1000);
    const [yet, none] = bustd("explain", "-D", news).complained.split("\n");
    expect(yet).toMatch(
      /^bustd: the kill at .* is not written down yet; ask again in some seconds$/,
    );
    expect(none).toStartWith("bustd: there is no incident");
    ringOf(60_000);
    expect(bustd("explain", "-D", news).complained).toStartWith("bustd: there is no incident");
  });

  test("exit code 1 when nothing matches, 2 when it is asked wrongly", () => {
    expect(bustd("explain", "-D", directory, "nobody")).toEqual({
      exitCode: 1,
      said: "",
      complained: "bustd: no incident matches 'nobody'; bustd incidents lists all\n",
    });
    expect(bustd("incidents", "-D", inDirectory("none"))).toMatchObject({
      exitCode: 1,
      complained: `bustd: there is no incident in ${inDirectory("none")}/incidents\n`,
    });
    expect(bustd("incidents", "--since", "soon").exitCode).toBe(2);
    expect(bustd("report", "-D", directory)).toMatchObject({
      exitCode: 2,
      complained: "bustd: report needs --html FILE; - is standard output\n",
    });
    expect(bustd("report", "--help").said).toContain(
      "bustd report [OPTIONS] [WHICH] --html=<file>",
    );
  });

  test("nobody says that there is no incident where they cannot be read", () => {
    const closed = inDirectory("closed/incidents");
    mkdirSync(inDirectory("closed"));
    writeFileSync(closed, "");
    const why = `bustd: ${closed}: a part of the path is not a directory\n`;
    for (const words of [["incidents"], ["explain"], ["explain", "4242"]]) {
      const { complained, exitCode } = bustd(...words, "-D", inDirectory("closed"));
      expect([exitCode, complained]).toEqual([1, why]);
    }
  });

  test("a broken file is a sentence, and the others are told", () => {
    const broken = join(incidents, "20261128T140000.000Z-9.json");
    writeFileSync(broken, '{"version":1');
    const { complained, exitCode, said } = bustd("incidents", "-D", directory);
    expect(exitCode).toBe(0);
    expect(said.trimEnd().split("\n")).toHaveLength(3);
    expect(complained).toBe(`bustd: ${broken}: it is cut short, or not JSON\n`);
    rmSync(broken);
  });

  test.skipIf(!isRoot)("root does not believe what others can write", () => {
    const open = join(incidents, "20261128T150000.000Z-9.json");
    writeFileSync(open, JSON.stringify(incidentOf(someParts())));
    chmodSync(open, 0o666);
    const { complained } = bustd("explain", "-D", directory);
    expect(complained).toContain("others than its owner can write it");
    rmSync(open);
    writeFileSync(inDirectory("ring"), new Uint8Array(65536));
    chmodSync(inDirectory("ring"), 0o666);
    expect(bustd("status", "-D", directory).said).toContain("others than its owner can write it");
    rmSync(inDirectory("ring"));
  });

  test("report writes a page", () => {
    const page = inDirectory("page.html");
    expect(bustd("report", "4242", "-D", directory, "--html", page)).toEqual({
      exitCode: 0,
      said: "",
      complained: "",
    });
    expect(readFileSync(page, "utf8")).toStartWith("<!doctype html>\n");
    expect(bustd("report", "-D", directory, "--html", "-").said).toEndWith("</html>\n");
    const nowhere = inDirectory("none/page.html");
    expect(bustd("report", "-D", directory, "--html", nowhere)).toMatchObject({
      exitCode: 1,
      complained: `bustd: ${nowhere}: there is no such file\n`,
    });
  });

  test("status says that nobody runs here, with exit code 1", () => {
    const { exitCode, said } = bustd("status", "-D", directory);
    expect(exitCode).toBe(1);
    expect(said).toStartWith("State     bustd does not run\nMemory    ");
    const json = JSON.parse(bustd("status", "-D", directory, "--json").said) as object;
    expect(json).toMatchObject({ state: "stopped", lastKill: { pid: 4242 } });
  });

  test("status names the last warning, or says why it cannot be read", () => {
    const file = inDirectory("warned.json");
    const warnedLines = (text: string) => {
      writeFileSync(file, text, { mode: 0o640 });
      const { said } = bustd("status", "-D", directory);
      return said.split("\n").filter((line) => /^(Warned|Problem)/.test(line));
    };
    expect(warnedLines(" ".repeat(100))).toEqual(["Warned    of nobody yet"]);
    const verdict = { ...someParts().verdict!, because: "memory is at its limit" };
    const warned = incidentOf(someParts({ kind: "warned", verdict, looks: [], details: [] }));
    expect(warnedLines(JSON.stringify(warned))).toEqual([
      "Warned    2026-11-28 12:00:00 UTC: leak (pid 4242), because memory is at its",
    ]);
    const { said } = bustd("status", "-D", directory, "--json");
    expect(JSON.parse(said)).toMatchObject({
      warnings: { last: { name: "leak", pid: 4242, because: "memory is at its limit" } },
    });
    expect(warnedLines("{")).toEqual([`Problem   ${file}: it is no JSON`]);
    rmSync(file);
  });

  test("metrics go to a file as a whole", () => {
    const file = inDirectory("bustd.prom");
    expect(bustd("metrics", "-D", directory, "-o", file).exitCode).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("\nbustd_up 0\n");
    expect(bustd("metrics", "-D", directory, "--openmetrics").said).toEndWith("# EOF\n");
    expect(bustd("metrics", "-D", directory, "-o", "-").said).toContain("\nbustd_up 0\n");
  });

  test("metrics take the place of no device, pipe or link", () => {
    const link = inDirectory("link.prom");
    symlinkSync(inDirectory("bustd.prom"), link);
    expect(bustd("metrics", "-D", directory, "-o", link)).toMatchObject({
      exitCode: 1,
      complained: `bustd: ${link}: it is no plain file; name another\n`,
    });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  test.each([
    // With settings of its own it does not ask for those of a daemon that may run.
    ["victims --config=/dev/null"],
    ["victims --config=/dev/null --json"],
    ["incidents"],
    ["incidents --json"],
    ["explain"],
    ["report --html -"],
    ["replay last"],
    ["replay last --json"],
    ["status"],
    ["metrics"],
    ["doctor"],
    ["--help"],
    ["--version"],
  ])("a full disk is no answer, but who closes a pipe has read enough: %s", (words) => {
    const where = /^(victims|doctor|--)/.test(words) ? "" : `-D ${directory}`;
    const shell = (end: string) =>
      Bun.spawnSync(["sh", "-c", `${EXECUTABLE} ${words} ${where} ${end}`]);
    const full = shell("> /dev/full");
    expect(full.stderr.toString()).toBe(
      "bustd: standard output: no space is left; the answer is not complete\n",
    );
    expect(full.exitCode).toBeGreaterThan(0);
    expect(shell("| true").stderr.toString()).toBe("");
  });

  test("a page is for nobody else than an incident is, and waits for no reader of a pipe", () => {
    const page = inDirectory("page.html");
    expect(bustd("report", "-D", directory, "--html", page).exitCode).toBe(0);
    expect(statSync(page).mode & 0o007).toBe(0);
    const pipe = inDirectory("pipe");
    Bun.spawnSync(["mkfifo", pipe]);
    expect(bustd("report", "-D", directory, "--html", pipe).exitCode).toBe(1);
    expect(bustd("replay", pipe).exitCode).toBe(1);
  });
});
