import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json";
import { isUnreleased, releaseNotes } from "../../scripts/release/notes.ts";
import { placeholdersIn } from "../../scripts/release/placeholders.ts";
import { filled, withWholeLinks } from "../../scripts/release/texts.ts";

const PACKAGING = join(import.meta.dir, "../../packaging");
const text = (path: string) => readFileSync(join(PACKAGING, path), "utf8");
const ORIGIN = { repository: "someone/bustd", home: "https://github.com/someone/bustd" };

describe("the change log", () => {
  const changes = `# Changelog

## [1.1.0] - Unreleased

### Added

- New.

## [1.0.0] - 2026-01-02

Old.

[1.1.0]: ../../releases/tag/v1.1.0
`;
  const notes = (version: string) => releaseNotes(changes, { ...ORIGIN, version });

  test("a version's section becomes its notes", () => {
    expect(notes("1.1.0")).toStartWith("### Added\n\n- New.\n\n## Verify");
    expect(notes("1.1.0")).toContain("gh attestation verify FILE --repo someone/bustd\n");
    expect(notes("1.0.0")).toStartWith("Old.\n\n## Verify");
    expect(notes("1.0.0")).not.toContain("releases/tag");
    expect(() => notes("1.0")).toThrow("has no heading [1.0]");
  });

  test("a version without a day is unreleased", () => {
    expect(isUnreleased(changes, "1.1.0")).toBe(true);
    expect(isUnreleased(changes, "1.0.0")).toBe(false);
    expect(isUnreleased(changes, "1.2.0")).toBe(true);
  });

  test("ours tells of this version, under the headings of Keep a Changelog", () => {
    const ours = text("../CHANGELOG.md");
    const kinds = new Set(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]);
    const { version } = packageJson;
    expect(releaseNotes(ours, { ...ORIGIN, version })).toContain("### Added\n");
    const headings = [...ours.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) => heading);
    expect(headings.filter((heading) => !kinds.has(heading))).toEqual([]);
  });
});

describe("links", () => {
  test.each([
    ["[a](../../releases)", "[a](https://github.com/someone/bustd/releases)"],
    ["[a](src/b.ts), c", "[a](https://github.com/someone/bustd/blob/v9.8.7/src/b.ts), c"],
    ["![a b](x/c.svg)", "![a b](https://github.com/someone/bustd/raw/v9.8.7/x/c.svg)"],
    ["x\n[1.0]: ../../tag/v1", "x\n[1.0]: https://github.com/someone/bustd/tag/v1"],
    ["[a](https://bun.sh)", "[a](https://bun.sh)"],
    ["[a](#install)", "[a](#install)"],
  ])("%s", (given, whole) => {
    expect(withWholeLinks(given, { ...ORIGIN, version: "9.8.7" })).toBe(whole);
  });

  test("of the sources lead to files that are there", () => {
    const top = join(PACKAGING, "..");
    const links = [...text("../README.md").matchAll(/\]\((?![a-z]+:|#|\.\.)([^)\s#]+)/g)];
    expect(links.length).toBeGreaterThan(0);
    for (const [, path = ""] of links) {
      expect([path, readFileSync(join(top, path)).length > 0]).toEqual([path, true]);
    }
  });
});

test("the sources say nowhere who publishes them", () => {
  const top = join(PACKAGING, "..");
  const paths = [
    ...new Bun.Glob("{*.md,package.json,{packaging,src,scripts,.github}/**}").scanSync({
      cwd: top,
      dot: true,
    }),
  ];
  const named = paths.filter((path) =>
    /github\.com\/[\w.-]+\/bustd\b/.test(readFileSync(join(top, path), "utf8")),
  );
  expect(named).toEqual([]);
  expect(Object.keys(packageJson)).not.toContain("homepage");
});

describe("recipes", () => {
  const recipes = [...new Bun.Glob("{aur,guru}/**").scanSync({ cwd: PACKAGING, dot: true })];
  const templates = recipes.filter((path) => path.endsWith(".in")).toSorted();
  const values = {
    VERSION: "9.8.7",
    HOME: ORIGIN.home,
    REPOSITORY: ORIGIN.repository,
    MAINTAINER: "Ann Other <ann@other.org>",
    MAINTAINER_NAME: "Ann Other",
    MAINTAINER_ADDRESS: "ann@other.org",
    LICENSE: "MIT AND Zlib",
    GENTOO_LICENSE: "MIT ZLIB",
    SHA256: "aaa",
    SHA256_X86_64: "bbb",
    SHA256_AARCH64: "ccc",
  };

  test("are templates, but for what needs nothing filled in", () => {
    expect(templates).toHaveLength(8);
    const others = recipes.filter((path) => !templates.includes(path));
    expect(others.filter((path) => placeholdersIn(text(path)).length > 0)).toEqual([]);
  });

  test.each(templates)("%s: all is filled in, and nothing is left that only we know", (path) => {
    const result = filled(text(path), values);
    expect(placeholdersIn(text(path))).not.toEqual([]);
    expect(placeholdersIn(result)).toEqual([]);
    expect(result).not.toContain(packageJson.version);
    expect(result).toContain(path.endsWith("metadata.xml.in") ? "ann@other.org" : ORIGIN.home);
  });

  test("a template may ask for nothing else", () => {
    expect(() => filled("x @SIZE@", values)).toThrow("a template asks for @SIZE@");
    expect(filled("a@b.org @VERSION@", values)).toBe("a@b.org 9.8.7");
  });

  test.each(["bustd", "bustd-bin"])("of %s strip nothing, and name the licences", (name) => {
    const arch = text(`aur/${name}/PKGBUILD.in`);
    expect(arch).toContain("options=(!strip");
    expect(arch).toContain("backup=(etc/bustd/bustd.toml etc/logrotate.d/bustd");
    expect(arch).toContain("license=('@LICENSE@')");
    expect(text(`aur/${name}/.SRCINFO.in`)).toContain("\tlicense = @LICENSE@\n");
    const gentoo = text(`guru/sys-apps/${name}/${name}.ebuild.in`);
    expect(gentoo).toMatch(/^RESTRICT="[^"]*\bstrip\b/m);
    expect(gentoo).toContain('LICENSE="@GENTOO_LICENSE@"\n');
  });
});
