import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { incidentOf } from "../../src/recorder/incident.ts";
import { isRoot } from "../helpers/program.ts";
import { someParts } from "../helpers/recorded.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const left = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const NOBODY = 65534;

const directory = mkdtempSync(join(tmpdir(), "bustd-replay-"));
const file = join(directory, "some.jsonl");
const incident = join(directory, "20261128T120000.123Z-4242.json");
const env = { ...process.env, LC_ALL: "C.UTF-8", COLUMNS: "80" };

function bustd(...words: readonly string[]) {
  const { exitCode, stderr, stdout } = Bun.spawnSync([EXECUTABLE, ...words], { env });
  return { exitCode, said: stdout.toString(), complained: stderr.toString() };
}

beforeAll(() => {
  chmodSync(directory, 0o755);
  writeFileSync(incident, JSON.stringify(incidentOf(someParts())), { mode: 0o640 });
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(!isBuilt)(`recordings, as it is compiled${left}`, () => {
  test("record writes what it sees for so long, and no file twice", () => {
    const recorded = bustd("record", file, "--for", "2s");
    expect(recorded).toMatchObject({ exitCode: 0, said: "" });
    const [header, first, ...others] = readFileSync(file, "utf8").trimEnd().split("\n");
    const looks = others.length === 0 ? "1 look" : `${1 + others.length} looks`;
    expect(recorded.complained).toMatch(
      new RegExp(`Ctrl-C ends it\nbustd: ended: ${looks}, \\d+ KiB\n$`),
    );
    expect(JSON.parse(header ?? "")).toMatchObject({ bustd: "recording", version: 1 });
    expect(JSON.parse(first ?? "")).toHaveProperty("meminfo.MemTotal");
    expect(bustd("record", file, "--for", "2s")).toMatchObject({
      exitCode: 1,
      complained: `bustd: ${file}: it exists already\n`,
    });
  }, 30_000);

  test("Ctrl-C ends it in order, and anybody may do it", async () => {
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    const child = Bun.spawn([EXECUTABLE, "record", "-"], {
      stdio: ["ignore", "pipe", "pipe"],
      env,
      ...user,
    });
    const reader = child.stderr.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain("recording to -");
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
    const lines = (await new Response(child.stdout).text()).trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line)).length).toBeGreaterThan(0);
  }, 30_000);

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends it while nobody reads from a full pipe",
    (signal) => {
      // The pipe is full before it begins.
      const script = `
        pipe=$(mktemp -u) && mkfifo "$pipe" && exec 3<> "$pipe" && rm "$pipe"
        dd if=/dev/zero of=/dev/fd/3 oflag=nonblock bs=4096 2> /dev/null
        "$0" record - >&3 2> "$1" & pid=$!
        until grep -q "Ctrl-C" "$1"; do sleep 0.05; kill -0 $pid || exit 8; done
        sleep 0.3; kill -s ${signal.slice(3)} $pid
        (sleep 10; kill -9 $pid) > /dev/null 2>&1 & killer=$!
        wait $pid; echo $?; kill $killer`;
      const log = join(directory, `log.${signal}`);
      writeFileSync(log, "");
      const { stdout } = Bun.spawnSync(["bash", "-c", script, EXECUTABLE, log], {
        env,
        stderr: "ignore",
        timeout: 25_000,
      });
      expect(stdout.toString()).toBe("0\n");
      expect(readFileSync(log, "utf8")).toMatch(/\nbustd: ended: 0 looks, 0 KiB\n$/);
    },
    30_000,
  );

  test("record to a full disk says so, and ends quietly where nobody reads on", () => {
    const shell = (end: string) =>
      Bun.spawnSync(["sh", "-c", `${EXECUTABLE} record - --for 1s ${end}`], { env });
    const full = shell("> /dev/full");
    expect(full.exitCode).toBe(1);
    expect(full.stderr.toString()).toContain("bustd: standard output: no space is left");
    const closed = shell("| head -c 1 > /dev/null; echo $?").stderr.toString();
    expect(closed).toMatch(/^bustd: recording to -.*\nbustd: ended: \d+ looks?, \d+ KiB\n$/);
    const slow = shell("| (sleep 2; cat)").stdout.toString();
    expect(slow).toStartWith('{"bustd":"recording"');
  }, 30_000);

  test("replay says what would have been done, and --sweep with which settings", () => {
    const replayed = bustd("replay", file);
    expect(replayed).toMatchObject({ exitCode: 0, complained: "" });
    expect(replayed.said).toContain("nobody would have been killed");
    const swept = bustd("replay", file, "--sweep", "psi=5..60");
    expect(swept.said).toContain("With no psi from 5 to 60 would anybody have been killed.");
    const json = JSON.parse(bustd("replay", file, "--json").said) as object;
    expect(json).toMatchObject({ acts: [], recording: { version: 1 } });
  }, 60_000);

  test("replay takes an incident and the daemon's flags", () => {
    const replayed = bustd("replay", incident, "--swap", "100");
    expect(replayed).toMatchObject({ exitCode: 0, complained: "" });
    expect(replayed.said).toMatch(/would kill leak \(pid 4242/);
    expect(bustd("replay", incident, "--swap", "100", "-u", "leak").said).not.toContain(
      "would kill leak",
    );
  }, 30_000);

  test("an incident is replayed with the settings that were in force, and what is typed", () => {
    const { limits, settings } = someParts();
    const swap = { softPercent: 100, hardPercent: 50 };
    const then = incidentOf(someParts({ settings: { ...settings, swap } }));
    const said = (document: object, ...words: readonly string[]) => {
      const path = join(directory, "then.json");
      writeFileSync(path, JSON.stringify(document), { mode: 0o640 });
      return bustd("replay", path, ...words).said.replaceAll(/\s+/g, " ");
    };
    const values = "psi 25 %, mem 10 % and 5 %, swap 100 % and 50 %";
    expect(said(then)).toContain(`settings: as they were then: ${values}`);
    expect(said(then, "--sweep", "mem=5..40")).toContain(`settings: as they were then: ${values}`);
    expect(said(then)).toContain("would kill leak (pid 4242");
    const typed = said(then, "-u", "leak");
    expect(typed).toContain(`as they were then, but for what is typed here: ${values}`);
    expect(typed).not.toContain("would kill leak");
    expect(said(then, "-s", "10")).toContain("nobody would have been killed");
    const older = incidentOf(someParts({ limits: { ...limits, swapSoftPercent: 100 } }));
    expect(said({ ...older, settings: undefined })).toContain("would kill leak (pid 4242");
    const when = incidentOf(someParts({ limits: { ...limits, when: ["mem < 15"] } }));
    expect(said(when)).toContain("as they were then: when mem < 15");
    expect(said(when)).toContain("would kill leak (pid 4242");
    const json = JSON.parse(bustd("replay", incident, "--json").said) as object;
    expect(json).toMatchObject({ settings: { whose: "incident", psiPercent: 25, when: null } });
  }, 30_000);

  test("what rules made of its candidates counts as it did", () => {
    const { candidates, selection, settings } = someParts();
    const [leak, database] = candidates;
    if (leak === undefined || database === undefined || selection === null) {
      throw new Error("no candidates");
    }
    const avoided = { ...leak, points: [{ origin: "avoid", points: -1000 }] };
    const swap = { softPercent: 100, hardPercent: 50 };
    const parts = someParts({
      settings: { ...settings, swap },
      selection: { ...selection, victims: [database] },
      candidates: [database, avoided],
    });
    const path = join(directory, "avoided.json");
    writeFileSync(path, JSON.stringify(incidentOf(parts)), { mode: 0o640 });
    expect(bustd("replay", path).said).toMatch(/would kill database \(pid 77/);
  });

  test.each([
    [["record"], 2, "record needs a file to write to: bustd record FILE; see bustd"],
    [["record", file, "--for", "soon"], 2, "allowed is a time such as 30s"],
    [["replay"], 2, "replay needs a recording or an incident: bustd replay FILE; see"],
    [["tune"], 2, "tune needs one recording or more: bustd tune FILE; see bustd tune --help"],
    [["replay", "/nowhere.jsonl"], 1, "there is no such file"],
    [["replay", file, "--sweep", "foo"], 2, "--sweep: found 'foo', allowed is psi, mem or swap"],
    [["tune", import.meta.path], 1, "it is no recording of bustd's"],
  ] as const)("%j is refused", (words, code, sentence) => {
    const { complained, exitCode } = bustd(...words);
    expect([exitCode, complained]).toEqual([code, expect.stringContaining(sentence)]);
  });

  test("tune refuses what is too little", () => {
    const { exitCode, said } = bustd("tune", file, file);
    expect(exitCode).toBe(1);
    expect(said).toContain("too little to go by");
  });

  test.skipIf(!isRoot)("as root, a recording that others can write is refused", () => {
    chmodSync(file, 0o666);
    expect(bustd("replay", file)).toMatchObject({
      exitCode: 1,
      complained: expect.stringContaining("others than its owner can write it"),
    });
    chmodSync(file, 0o640);
  });
});
