/** Which files are read, and which are not. */
import { describe, expect, test } from "bun:test";
import { checkConfig } from "../../src/cli/check-config.ts";
import { readConfiguration } from "../../src/cli/configuration.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import type { FoundFile } from "../../src/cli/surroundings.ts";
import { paperSurroundings, rootFile } from "../helpers/paper-surroundings.ts";

const COPY = "use a copy in a directory that only root can write, such as /etc/bustd";

describe("which files", () => {
  const files = {
    "/usr/lib/bustd/bustd.toml": 'psi = 1\nswap = 3\n[[rule]]\ncomm = "v"\nprotect = true',
    "/etc/bustd/bustd.toml": 'psi = 2\nmem = 2\n[[rule]]\ncomm = "m"\nprotect = true',
    "/etc/bustd/bustd.toml.d/20-b.toml": "psi = 4",
    "/etc/bustd/bustd.toml.d/10-a.toml": "psi = 3\nmem = 4",
    "/etc/bustd/bustd.toml.d/30-no.bak": "nonsense",
    "/etc/bustd/bustd.toml.d/.40-no.toml": "nonsense",
    "/other.toml": "mem = 50",
  };

  test("the last one wins, rules of all hold, flags win over all", async () => {
    const { settings } = await readConfiguration(null, paperSurroundings(files));
    const limits = (softPercent: number) => ({ softPercent, hardPercent: softPercent / 2 });
    const { rule, ...others } = settings;
    expect(others).toEqual({ psi: 4, mem: limits(4), swap: limits(3) });
    expect(rule?.map(({ origin }) => origin)).toEqual(["bustd.toml:3", "bustd.toml:3"]);
    const commandLine = await parseCommandLine(["-p5"], paperSurroundings(files));
    expect(commandLine).toMatchObject({ options: { psiPercent: 5, mem: limits(4) } });
  });

  test("--config stands in place of all", async () => {
    const argv = ["--config", "/other.toml"];
    expect(await parseCommandLine(argv, paperSurroundings(files))).toMatchObject({
      options: { psiPercent: 25, mem: { softPercent: 50 } },
    });
  });

  test("problems of files and flags come together and start nothing", async () => {
    const surroundings = paperSurroundings({ "/etc/bustd/bustd.toml": "psi = -1\nmem = -1" });
    expect(await parseCommandLine(["-s", "-1"], surroundings)).toMatchObject({
      kind: "problems",
      sentences: ["", "", ""].map(() => expect.any(String)),
      exitCode: 2,
    });
  });

  test.each<[string, Partial<Extract<FoundFile, { kind: "found" }>>, boolean, string]>([
    ["root's own", {}, true, ""],
    ["readable by all", { mode: 0o100444 }, true, ""],
    ["writable by its group", { mode: 0o100664 }, true, "write this file"],
    ["writable by all", { mode: 0o100646 }, true, "write this file"],
    ["somebody's", { uid: 1000 }, true, "write this file"],
    ["in an open directory", { directoryMode: 0o40777 }, true, "write its directory"],
    ["in a directory like /tmp", { directoryMode: 0o41777 }, true, ""],
    ["in somebody's directory", { directoryUid: 1000 }, true, "write its directory"],
    ["somebody's, read by a user", { uid: 1000, mode: 0o100666 }, false, ""],
  ])("a file that is %s", async (_, changes, isRoot, refusal) => {
    const file = rootFile("psi = 1", changes);
    const surroundings = paperSurroundings({ "/f": file }, { isRoot });
    const { sentences, settings } = await readConfiguration("/f", surroundings);
    expect(sentences.join()).toContain(refusal);
    expect(settings.psi).toBe(refusal === "" ? 1 : undefined);
  });

  test("one that cannot be read is a problem, with its reason", async () => {
    const unreadable = { "/f\n": { kind: "unreadable", reason: "permission denied" } } as const;
    const { sentences } = await readConfiguration("/f\n", paperSurroundings(unreadable));
    expect(sentences).toEqual(["/f\\x0a: cannot be read: permission denied"]);
  });

  test("/dev/null, or a link to it, is no file", async () => {
    const surroundings = paperSurroundings({
      "/dev/null": { kind: "null" },
      "/etc/bustd/bustd.toml": "psi = 1",
      "/etc/bustd/bustd.toml.d/10-off.toml": { kind: "null" },
    });
    const argv = ["--config", "/dev/null"];
    expect(await parseCommandLine(argv, surroundings)).toMatchObject({
      kind: "daemon",
      options: { psiPercent: 25, argv },
      warnings: [],
    });
    expect(await checkConfig("/dev/null", surroundings)).toEqual({
      kind: "print",
      text: "ok: there is no configuration file, the defaults hold\n",
      warnings: [],
    });
    expect((await readConfiguration(null, surroundings)).read).toEqual(["/etc/bustd/bustd.toml"]);
  });

  test("a byte order mark is none of it, and other encodings are said", async () => {
    const surroundings = paperSurroundings({
      "/bom.toml": "\ufeffpsi = 1",
      "/latin1.toml": rootFile("# caf\ufffd", { notUtf8: { line: 1, column: 6 } }),
    });
    expect(await readConfiguration("/bom.toml", surroundings)).toMatchObject({
      settings: { psi: 1 },
      sentences: [],
    });
    expect((await readConfiguration("/latin1.toml", surroundings)).sentences).toEqual([
      "/latin1.toml:1:6: not UTF-8: save it in that encoding",
    ]);
  });

  test("what lies among the drop-ins and is none is said, but for leftovers", async () => {
    const names = ["a.conf", "b.TOML", "c.toml~", "d.toml.bak", ".e.toml.swp", "f.toml.dpkg-old"];
    const dropIns = [...names, "README", "g.toml.rpmsave", "h\n", "i.toml"].map(
      (name) => [`/etc/bustd/bustd.toml.d/${name}`, "psi = 9"] as const,
    );
    const { settings, warnings } = await readConfiguration(
      null,
      paperSurroundings(Object.fromEntries(dropIns)),
    );
    expect(settings.psi).toBe(9);
    expect(warnings).toEqual(
      ["a.conf", "b.TOML", "h\\x0a"].map(
        (name) => `/etc/bustd/bustd.toml.d/${name}: not read: names of drop-ins end in .toml`,
      ),
    );
  });

  test("drop-ins that cannot be listed are a problem", async () => {
    const listDirectory = () => ({ names: [], reason: "permission denied" });
    const { sentences } = await readConfiguration(null, paperSurroundings({}, { listDirectory }));
    expect(sentences).toEqual(["/etc/bustd/bustd.toml.d: cannot be read: permission denied"]);
  });

  test("what would take long to read is not read", async () => {
    const rule = '[[rule]]\ncomm = "a"\navoid = 1\n';
    const dropIns = (count: number, text: string) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`/etc/bustd/bustd.toml.d/${i}.toml`, text]),
      );
    const first = async (there: Readonly<Record<string, string>>, path: string | null) =>
      (await readConfiguration(path, paperSurroundings(there))).sentences[0];
    const before = process.cpuUsage();
    expect(await first({ "/f": "#".repeat(65_537) }, "/f")).toBe(
      "/f: cannot be read: it is larger than 64 KiB",
    );
    expect(await first(dropIns(2, "#".repeat(60_000)), null)).toBe(
      "/etc/bustd/bustd.toml.d/1.toml: cannot be read: " +
        "with it, all files together are larger than 64 KiB",
    );
    expect(await first(dropIns(101, ""), null)).toBe(
      "/etc/bustd/bustd.toml.d: found 101 drop-ins, allowed are 100",
    );
    expect(await first({ "/f": rule.repeat(1001) }, "/f")).toBe(
      "found 1001 rules, allowed are 1000: join some of them",
    );
    const names = Array.from({ length: 2001 }, (_, i) => `"${i}*"`).join(",");
    expect(await first({ "/f": `unkillables = [${names}]` }, "/f")).toBe(
      "found 2001 patterns, allowed are 2000: join some of them",
    );
    const keys = Array.from({ length: 5000 }, (_, i) => `k${i} = 1\n`).join("");
    const { sentences } = await readConfiguration("/f", paperSurroundings({ "/f": keys }));
    expect(sentences).toHaveLength(21);
    expect(sentences.at(-1)).toBe("and 4980 more like these");
    const regex = (i: number) => `[[rule]]\ncomm = '(a?){${i}}.{4}b$'\nregex = true\navoid = 1\n`;
    const regexes = Array.from({ length: 500 }, (_, i) => regex(i + 1)).join("");
    expect(await first({ "/f": regexes }, "/f")).toEndWith(
      "is not a usable regular expression: too large: write it shorter, or as globs at character 1",
    );
    expect(process.cpuUsage(before).user).toBeLessThan(20e6);
  });

  test.each([
    [
      "/etc/bustd/bustd.toml",
      { mode: 0o100666 },
      "chown root and chmod go-w /etc/bustd/bustd.toml",
    ],
    ["/etc/bustd/bustd.toml", { directoryUid: 7 }, "chown root and chmod go-w /etc/bustd"],
    ["/etc/bustd/bustd.toml", { uid: 7, isLinked: true }, COPY],
    ["/somebodys/.profile", { uid: 7 }, COPY],
    ["/somebodys/a.toml", { directoryUid: 7 }, COPY],
  ] as const)("a remedy harms nobody: %s, %j", async (path, changes, remedy) => {
    const surroundings = paperSurroundings({ [path]: rootFile("psi = 1", changes) });
    const { sentences } = await readConfiguration(path, surroundings);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toEndWith(`; ${remedy}`);
  });
});
