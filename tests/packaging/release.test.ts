import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json";
import { HOME, REPOSITORY, withHome } from "../../scripts/generate/home.ts";
import { isUnreleased, releaseNotes } from "../../scripts/release/notes.ts";
import { filled } from "../../scripts/release/recipes.ts";

const PACKAGING = join(import.meta.dir, "../../packaging");
const text = (path: string) => readFileSync(join(PACKAGING, path), "utf8");

describe("the change log", () => {
  const changes = `# Changelog

## [1.1.0] - Unreleased

### Added

- New.

## [1.0.0] - 2026-01-02

Old.

[1.1.0]: https://example.org/1.1.0
`;

  test("a version's section becomes its notes", () => {
    expect(releaseNotes(changes, "1.1.0")).toStartWith("### Added\n\n- New.\n\n## Verify");
    expect(releaseNotes(changes, "1.0.0")).toStartWith("Old.\n\n## Verify");
    expect(releaseNotes(changes, "1.0.0")).not.toContain("example.org");
    expect(() => releaseNotes(changes, "1.0")).toThrow("has no heading [1.0]");
  });

  test("a version without a day is unreleased", () => {
    expect(isUnreleased(changes, "1.1.0")).toBe(true);
    expect(isUnreleased(changes, "1.0.0")).toBe(false);
    expect(isUnreleased(changes, "1.2.0")).toBe(true);
  });

  test("ours tells of this version, under the headings of Keep a Changelog", () => {
    const ours = text("../CHANGELOG.md");
    const kinds = new Set(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]);
    expect(releaseNotes(ours, packageJson.version)).toContain("### Added\n");
    const headings = [...ours.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) => heading);
    expect(headings.filter((heading) => !kinds.has(heading))).toEqual([]);
  });
});

test("all texts name one home, which package.json says", () => {
  const one = "see https://github.com/somebody/bustd/releases and --repo somebody/bustd";
  expect(withHome(one)).toBe(`see ${HOME}/releases and --repo ${REPOSITORY}`);
  const paths = [
    "../README.md",
    "../CHANGELOG.md",
    ...new Bun.Glob("**").scanSync({ cwd: PACKAGING, dot: true }),
  ];
  const found = paths.flatMap(
    (path) => text(path).match(/https:..github\.com.[\w.-]+.bustd\b/g) ?? [],
  );
  expect(found.length).toBeGreaterThan(10);
  const homes = new Set(found);
  expect([...homes]).toEqual([HOME]);
});

describe("recipes for Arch", () => {
  const sums = new Map([
    ["", "aaa"],
    ["_x86_64", "bbb"],
    ["_aarch64", "ccc"],
  ]);

  test.each(["bustd", "bustd-bin"])("%s: version and checksums are filled in", (name) => {
    for (const file of ["PKGBUILD", ".SRCINFO"]) {
      const result = filled(text(`aur/${name}/${file}`), "9.8.7", sums);
      expect(result).not.toContain("SKIP");
      expect(result).not.toContain(packageJson.version);
      expect(result).toMatch(/pkgver ?= ?9\.8\.7/);
      expect(result).toContain(name === "bustd" ? "aaa" : "ccc");
    }
  });

  test.each(["bustd", "bustd-bin"])("%s is not stripped, and keeps the configuration", (name) => {
    expect(text(`aur/${name}/PKGBUILD`)).toContain("options=(!strip");
    expect(text(`aur/${name}/PKGBUILD`)).toContain("backup=(etc/bustd/bustd.toml)");
    expect(text(`aur/${name}/PKGBUILD`)).toContain(`pkgver=${packageJson.version}\n`);
  });
});

test("Gentoo's recipes strip nothing", () => {
  for (const name of ["bustd", "bustd-bin"]) {
    const ebuild = text(`guru/sys-apps/${name}/${name}-${packageJson.version}.ebuild`);
    expect(ebuild).toMatch(/^RESTRICT="[^"]*\bstrip\b/m);
  }
});

test("actions are pinned by hash", () => {
  for (const name of ["verify", "release"]) {
    const uses = [...text(`../.github/workflows/${name}.yml`).matchAll(/uses: (\S+)/g)];
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.map(([, action = ""]) => action.replace(/@[0-9a-f]{40}$/, "@"))).toEqual(
      uses.map(([, action = ""]) => `${action.split("@")[0]}@`),
    );
  }
});

test("workflows may only read, but for the job that publishes", () => {
  for (const name of ["verify", "release"]) {
    const { jobs, permissions } = Bun.YAML.parse(text(`../.github/workflows/${name}.yml`)) as {
      readonly permissions: unknown;
      readonly jobs: Readonly<Record<string, { readonly permissions: object }>>;
    };
    expect(permissions).toEqual({});
    const rights = Object.entries(jobs).flatMap(([job, { permissions: asked }]) =>
      Object.entries(asked).map(([what, right]) => `${job}: ${what} ${right}`),
    );
    const writing = rights.filter((right) => !right.endsWith("contents read"));
    expect(writing).toEqual(
      name === "verify"
        ? []
        : ["publish: contents write", "publish: id-token write", "publish: attestations write"],
    );
  }
});

const analyze = Bun.which("systemd-analyze");
const why = analyze === null ? " (left out: no systemd-analyze here)" : "";

describe.skipIf(analyze === null)(`the unit${why}`, () => {
  const unit = join(PACKAGING, "systemd/bustd.service");
  const security = (...options: readonly string[]) =>
    Bun.spawnSync(["systemd-analyze", "security", "--offline=true", ...options, unit]);

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
    const reasons = text("systemd/bustd.service")
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
