import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SCRIPT = join(import.meta.dir, "../../packaging/install.sh");
const CONFIG = "etc/bustd/bustd.toml";

let root = "";
let executable = "";

/** Directories that a system has, some of them empty. */
const SYSTEM = ["usr/bin", "usr/local/bin", "usr/local/share/man", "etc/logrotate.d", "opt"];

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), "install-"));
  root = join(directory, "root");
  executable = join(directory, "made");
  for (const path of SYSTEM) {
    mkdirSync(join(root, path), { recursive: true });
  }
  writeFileSync(executable, "#!/bin/sh\necho bustd 9.8.7\n");
});
afterEach(() => rmSync(join(root, ".."), { recursive: true }));

interface Surroundings {
  readonly prefix?: string;
  readonly services?: string;
}

function install(words: readonly string[], { prefix, services }: Surroundings = {}) {
  const env = {
    PATH: process.env["PATH"] ?? "",
    DESTDIR: root,
    ...(prefix === undefined ? {} : { PREFIX: prefix }),
    ...(services === undefined ? {} : { WITH: services }),
  };
  // A cautious administrator's umask.
  const command = ["sh", "-c", 'umask 077; exec sh "$0" "$@"', SCRIPT, ...words];
  const { exitCode, stderr, stdout } = Bun.spawnSync(command, { env });
  return { exitCode, said: stdout.toString(), complaint: stderr.toString() };
}
const QUIET = { exitCode: 0, said: "", complaint: "" };

/** Everything below the root: path, mode, and content. */
function tree(): readonly string[] {
  const paths = new Bun.Glob("**").scanSync({ cwd: root, dot: true, onlyFiles: false });
  return [...paths].toSorted().map((path) => {
    const stat = statSync(join(root, path));
    const content = stat.isDirectory() ? "/" : Bun.hash(readFileSync(join(root, path)));
    return `${path} ${stat.mode.toString(8)} ${content}`;
  });
}
const text = (path: string) => readFileSync(join(root, path), "utf8");

/** Files in which a service is told what to start, per system; `@` is where units lie. */
const STARTERS: Readonly<Record<string, readonly string[]>> = {
  systemd: [
    "@/system/bustd.service",
    "@/user/bustd.service",
    "@/user/bustd-notify.service",
    "@/user/graphical-session.target.wants/bustd-notify.service",
  ],
  openrc: ["etc/init.d/bustd"],
  runit: ["etc/sv/bustd/run"],
  dinit: ["etc/dinit.d/bustd"],
};
const UNITS: Readonly<Record<string, string>> = {
  "/usr": "usr/lib/systemd",
  "/usr/local": "usr/local/lib/systemd",
  "/opt/bustd": "etc/systemd",
};
const ALL = Object.keys(STARTERS).join(" ");
const CASES = Object.keys(UNITS).flatMap((prefix) =>
  ["", ...Object.keys(STARTERS), ALL].map((services) => [prefix, services] as const),
);

test.each(CASES)("PREFIX=%s WITH=%j: what is installed starts, and all goes again", (...given) => {
  const [prefix, services] = given;
  const before = tree();
  expect(install([executable], { prefix, services })).toEqual(QUIET);
  const bustd = `${prefix}/bin/bustd`;
  expect(Bun.spawnSync([join(root, bustd)]).stdout.toString()).toBe("bustd 9.8.7\n");
  for (const [system, paths] of Object.entries(STARTERS)) {
    const isWanted = services.split(" ").includes(system);
    for (const path of paths.map((name) => name.replace("@", UNITS[prefix] ?? ""))) {
      expect([path, existsSync(join(root, path))]).toEqual([path, isWanted]);
      const named = isWanted ? text(path).match(/[\w./-]*\/bin\/bustd\b/g) : [bustd];
      expect([path, ...new Set(named)]).toEqual([path, bustd]);
    }
  }
  for (const path of [
    "etc/xdg/autostart/bustd-notify.desktop",
    "usr/share/applications/bustd.desktop",
  ]) {
    const named = text(path.replace("usr", prefix.slice(1))).match(/[\w./-]*\/bin\/bustd\b/g);
    expect([path, ...new Set(named)]).toEqual([path, bustd]);
  }
  // Logs are kept small by a signal, or by copying those that a supervisor has opened.
  const isSupervised = /openrc|dinit/.test(services);
  const rotation = text("etc/logrotate.d/bustd");
  expect(rotation.includes("copytruncate")).toBe(isSupervised);
  expect(rotation.includes("kill -HUP")).toBe(!isSupervised);
  // Everybody may read it, whatever the umask; bustd runs as nobody known.
  const made = tree().filter((line) => !before.includes(line));
  expect(made.filter((line) => !/ (40755 \/|100(644|755) \d+)$/.test(line))).toEqual([]);
  expect(install(["--uninstall"], { prefix })).toEqual(QUIET);
  expect(tree()).toEqual(before);
});

describe("files below /etc", () => {
  const change = () => appendFileSync(join(root, CONFIG), "psi = 3\n");

  test("that were changed are kept, which is said, or go with --purge", () => {
    const before = tree();
    install([executable], { services: "openrc" });
    change();
    appendFileSync(join(root, "etc/conf.d/bustd"), "BUSTD_OPTS=-g\n");
    const { exitCode, said } = install(["--uninstall"]);
    expect([exitCode, ...said.trim().split("\n")]).toEqual([
      0,
      `kept ${root}/${CONFIG}, which was changed`,
      `kept ${root}/etc/conf.d/bustd, which was changed`,
    ]);
    expect(
      tree()
        .filter((line) => !before.includes(line))
        .map((line) => line.split(" ")[0]),
    ).toEqual(["etc/bustd", CONFIG, "etc/conf.d", "etc/conf.d/bustd"]);
    rmSync(join(root, "etc/bustd"), { recursive: true });
    rmSync(join(root, "etc/conf.d"), { recursive: true });
    install([executable], { services: "openrc" });
    change();
    expect(install(["--uninstall", "--purge"])).toEqual(QUIET);
    expect(tree()).toEqual(before);
  });

  test("that were there before are neither overwritten nor removed", () => {
    mkdirSync(join(root, "etc/bustd/bustd.toml.d"), { recursive: true });
    writeFileSync(join(root, CONFIG), "psi = 3\n");
    writeFileSync(join(root, "etc/bustd/bustd.toml.d/1.toml"), "");
    const before = tree();
    const { said } = install([executable]);
    expect(said).toBe(`kept ${root}/${CONFIG}, which was there\n`);
    expect(text(CONFIG)).toBe("psi = 3\n");
    expect(install(["--uninstall", "--purge"])).toEqual(QUIET);
    expect(tree()).toEqual(before);
  });

  test("become the new ones with a new version, unless they were changed", () => {
    const before = tree();
    install([executable]);
    const shipped = text(CONFIG);
    const record = join(root, "usr/share/bustd/installed");
    // As if the old version had installed another text.
    writeFileSync(join(root, CONFIG), "# old\n");
    const old = new Bun.CryptoHasher("sha256").update("# old\n").digest("hex");
    appendFileSync(record, `file ${old} /${CONFIG}\n`);
    expect(install([executable])).toEqual(QUIET);
    expect(text(CONFIG)).toBe(shipped);
    change();
    expect(install([executable]).said).toBe(`kept ${root}/${CONFIG}, which was there\n`);
    expect(text(CONFIG)).toBe(`${shipped}psi = 3\n`);
    expect(install(["--uninstall", "--purge"])).toEqual(QUIET);
    expect(tree()).toEqual(before);
  });
});

test("what others put beside it stays", () => {
  install([executable], { prefix: "/usr/local" });
  writeFileSync(join(root, "usr/local/share/man/man8/other.8"), "");
  expect(install(["--uninstall"], { prefix: "/usr/local" })).toEqual(QUIET);
  const left = tree().map((line) => line.split(" ")[0]);
  expect(left).toContain("usr/local/share/man/man8/other.8");
  expect(left.filter((path) => path?.includes("bustd"))).toEqual([]);
});

test("a package gets no record, and a package's bustd is left alone", () => {
  expect(install(["--no-record", executable])).toEqual(QUIET);
  const before = tree();
  expect(before.some((line) => line.includes("share/bustd"))).toBe(false);
  for (const words of [["--uninstall"], [executable]]) {
    const { complaint, exitCode } = install(words);
    expect(exitCode).toBe(1);
    expect(complaint).toMatch(/^install\.sh: .*a package/);
    expect(complaint.trim().split("\n")).toHaveLength(1);
  }
  expect(tree()).toEqual(before);
});

test.each([
  [["--uninstal"], {}, "there is no option --uninstal; see --help"],
  [["--purge"], {}, "--purge goes with --uninstall; see --help"],
  [[], { services: "upstart" }, "WITH may name systemd, openrc, runit and dinit, not upstart"],
  [[], { prefix: "local" }, "PREFIX must begin with a /: local"],
  [[], { prefix: "/a|b" }, "PREFIX may hold letters, digits and . _ / + - only: /a|b"],
])("%j %j is refused before anything is done", (words, surroundings, sentence) => {
  const before = tree();
  const { complaint, exitCode } = install([...words, executable], surroundings);
  expect([exitCode, complaint]).toEqual([2, `install.sh: ${sentence}\n`]);
  expect(tree()).toEqual(before);
});

test("an executable that is not there is named", () => {
  const { complaint, exitCode } = install(["/nowhere/bustd"]);
  expect(exitCode).toBe(1);
  expect(complaint).toBe(
    "install.sh: there is no executable /nowhere/bustd; build it, or name it\n",
  );
});

test("--help fits 80 columns", () => {
  const { exitCode, said } = install(["--help"]);
  expect(exitCode).toBe(0);
  expect(said).toContain("--uninstall");
  expect(said.split("\n").filter((line) => line.length > 80)).toEqual([]);
});
