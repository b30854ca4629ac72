import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bundledPackages,
  licenseExpression,
  licenseIds,
  thirdPartyNotices,
} from "../../scripts/generate/notices.ts";
import {
  LIBRARIES,
  NO_CODE,
  POLYFILLS,
  RUNTIME_PARTS,
} from "../../scripts/generate/runtime-parts.ts";
import { billOfMaterials } from "../../scripts/release/notes.ts";

const TOP = join(import.meta.dir, "../..");
const named = (parts: readonly { readonly name: string }[]) => parts.map(({ name }) => name);

/** Bun's own list, of the version that the executable is made with. */
const published = readFileSync(
  join(TOP, "node_modules/bun-types/docs/project/license.mdx"),
  "utf8",
);

function rowsBelow(heading: string): readonly string[] {
  const section = published.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return section.split("\n").filter((line) => line.startsWith("|") && line.includes("["));
}
const nameIn = (row: string) => row.replaceAll("`", "").replace(/^.*?\[([^\]]+)\].*/, "$1");

describe("the runtime's parts", () => {
  test("are all libraries that Bun says it links, but for those of Windows", () => {
    const rows = rowsBelow("Linked libraries");
    const windows = rows.filter((row) => /on Windows\)|windows\.zig/.test(row));
    expect(windows.map(nameIn)).toEqual(["libuv", "Tigerbeetle's IO code"]);
    const linked = rows.filter((row) => !windows.includes(row)).map(nameIn);
    expect(linked.length).toBeGreaterThan(20);
    const ours = named(LIBRARIES).filter((name) => name !== "JavaScriptCore");
    expect(ours.toSorted()).toEqual(linked.toSorted());
    expect(published).toContain("JavaScriptCore (and WebKit), which is LGPL-2 licensed");
  });

  test("are all packages that Bun says it embeds", () => {
    expect(named(POLYFILLS)).toEqual(rowsBelow("Polyfills").map(nameIn));
  });

  test("are all that the runtime itself tells a version of", () => {
    const revisions = RUNTIME_PARTS.flatMap(({ revision }) => revision ?? []);
    expect([...revisions, ...NO_CODE].toSorted()).toEqual(Object.keys(process.versions).toSorted());
  });

  test("include the compiler of C, whose words the executable holds", () => {
    expect(readFileSync(process.execPath).includes("tcc_relocate")).toBe(true);
  });
});

describe("licences", () => {
  test("have a text each, and no text is there for nothing", () => {
    const texts = readdirSync(join(TOP, "packaging/licenses")).toSorted();
    expect(texts).toEqual(licenseIds().map((id) => `${id}.txt`));
  });

  test("of the whole are one expression", () => {
    expect(licenseExpression()).toMatch(/^[\w.-]+( AND [\w.-]+)+$/);
    for (const id of ["MIT", "LGPL-2.0-or-later", "LGPL-2.1-or-later", "Apache-2.0"]) {
      expect(licenseIds()).toContain(id);
    }
  });
});

describe("notices", () => {
  const notices = thirdPartyNotices();

  test("are of exactly the packages that the bundler takes", async () => {
    const { metafile } = await Bun.build({
      entrypoints: [join(TOP, "src/main.ts")],
      target: "bun",
      metafile: true,
    });
    const bundled = Object.keys(metafile?.inputs ?? {}).flatMap(
      (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
    );
    expect(bundled.length).toBeGreaterThan(0);
    expect(named(bundledPackages())).toEqual([...new Set(bundled)].toSorted());
  });

  test("hold each package's own licence, each part's notices, and each text", () => {
    const lines = new Set(notices.split("\n").map((line) => line.trim()));
    for (const { license, name, text, version } of bundledPackages()) {
      expect(notices).toContain(`\n${name} ${version}\n  ${license}; `);
      const own = license === "Apache-2.0" ? [] : text.split("\n").map((line) => line.trim());
      expect(own.filter((line) => !lines.has(line))).toEqual([]);
    }
    for (const { home, license, name, notices: own } of RUNTIME_PARTS) {
      expect(notices).toContain(`\n${name}`);
      expect(notices).toContain(`\n  ${license}; ${home}\n`);
      expect(own.filter((notice) => !lines.has(`Copyright (c) ${notice}`))).toEqual([]);
    }
    expect(notices).toContain("GNU LIBRARY GENERAL PUBLIC LICENSE");
    expect(notices).toContain(`Bun ${Bun.version}, revision ${Bun.revision.slice(0, 9)}`);
  });
});

const npm = Bun.which("npm");

const without = npm === null ? " (left out: no npm here)" : "";

test.skipIf(npm === null)(
  `the bill of materials names the runtime with its parts${without}`,
  () => {
    const bill = billOfMaterials({
      version: "9.8.7",
      epoch: 0,
      root: TOP,
      out: "",
      isQuick: true,
      repository: "a/b",
      home: "https://github.com/a/b",
      maintainer: "",
    });
    const { components, metadata } = JSON.parse(bill) as {
      readonly metadata: { readonly component: object };
      readonly components: readonly {
        readonly name: string;
        readonly components?: readonly { readonly name: string; readonly licenses: unknown }[];
      }[];
    };
    expect(metadata.component).toMatchObject({
      name: "bustd",
      externalReferences: [{ type: "website", url: "https://github.com/a/b" }],
    });
    expect(named(components)).toEqual([...named(bundledPackages()), "bun"]);
    const parts = components.find(({ name }) => name === "bun")?.components ?? [];
    expect(named(parts)).toEqual(named(RUNTIME_PARTS));
    expect(parts.find(({ name }) => name === "tinycc")).toMatchObject({
      version: process.versions["tinycc"],
      licenses: [{ expression: "LGPL-2.1-or-later" }],
    });
  },
);
