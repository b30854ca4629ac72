import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LIBRARIES, type Part, POLYFILLS, RUNTIME_PARTS, SOURCES } from "./runtime-parts.ts";

const ROOT = join(import.meta.dir, "../..");

/** Of Bun itself, and of what we wrote. */
const OWN_LICENSE = "MIT";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Its own licence file. */
  readonly text: string;
}

interface Manifest {
  readonly version: string;
  readonly license: string;
}

/** The npm packages that `dependencies` of package.json bring, theirs included, by name. */
export function bundledPackages(): readonly Package[] {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly dev?: true; readonly optional?: true }>>;
  };
  const paths = Object.entries(lock.packages).filter(
    ([path, { dev, optional }]) => path !== "" && dev !== true && optional !== true,
  );
  return paths.map(([path]) => {
    const directory = join(ROOT, path);
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
    const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) {
      throw new Error(`${path} has no licence file`);
    }
    const text = readFileSync(join(directory, file), "utf8");
    return { name: path.replace("node_modules/", ""), ...manifest, text };
  });
}

/** The SPDX identifiers of an expression without a choice. */
function idsOf(expression: string): readonly string[] {
  return expression.split(" AND ");
}

/** SPDX identifiers of all that is in the executable, sorted. */
export function licenseIds(): readonly string[] {
  const expressions = [
    OWN_LICENSE,
    ...RUNTIME_PARTS.map(({ license }) => license),
    ...bundledPackages().map(({ license }) => license),
  ];
  return [...new Set(expressions.flatMap(idsOf))].toSorted();
}

/** The SPDX expression that holds for the executable. */
export function licenseExpression(): string {
  return licenseIds().join(" AND ");
}

/** The text of a licence, by its SPDX identifier. */
export function licenseText(id: string): string {
  return readFileSync(join(ROOT, "packaging/licenses", `${id}.txt`), "utf8").trim();
}

function indented(text: string): string {
  return text.trim().replaceAll(/^(?=.)/gm, "    ");
}

/** The revision of a part, as the runtime that runs this tells it; empty where it does not. */
export function revisionOf({ revision }: Part): string {
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  return (revision === undefined ? undefined : versions[revision]) ?? "";
}

function partEntry(part: Part): string {
  const revision = revisionOf(part);
  const head = revision === "" ? part.name : `${part.name} ${revision}`;
  return [
    head,
    `  ${part.license}; ${part.home}`,
    ...part.notices.map((notice) => `  Copyright (c) ${notice}`),
  ].join("\n");
}

function packageEntry({ license, name, text, version }: Package): string {
  const whole = license === OWN_LICENSE ? indented(text) : "    Its text is at the end.";
  return `${name} ${version}\n  ${license}; https://www.npmjs.com/package/${name}\n\n${whole}`;
}

const RULE = "-".repeat(80);

function section(title: string, ...paragraphs: readonly string[]): string {
  return [`${RULE}\n${title}\n${RULE}`, ...paragraphs].join("\n\n");
}

const RELINK = `JavaScriptCore and TinyCC are under the GNU Lesser General Public License: you may
change them and use bustd with your version. How to build Bun from its sources
and theirs is told in docs/project/license.mdx of https://github.com/oven-sh/bun
at the revision above. In the sources of bustd, YOUR-BUN scripts/build.ts then
makes an executable from your Bun. The terms of bustd forbid neither to modify
it for your own use nor to reverse engineer it to debug such modifications.`;

const NOT_LISTED = `Bun publishes no list of the Rust crates that it is built from; its Cargo.lock
names them. On glibc it also holds the runtime library of GCC, whose exception
lets programs that are compiled with it be passed on under their own terms.`;

/**
 * Everything that the executable holds and others wrote, with their notices and licences. `textOf`
 * gives the text of a licence by its SPDX identifier, in full if not given.
 */
export function thirdPartyNotices(textOf: (id: string) => string = licenseText): string {
  const runtime = `Bun ${process.versions["bun"]}, revision ${Bun.revision.slice(0, 9)}`;
  const sections = [
    `The executable bustd is made of its own sources (MIT; see LICENSE), of the npm
packages named below, and of the runtime Bun with all that Bun is made of. SPDX:

${licenseIds().join("\n  AND ")}`,
    section("npm packages, compiled into the program", ...bundledPackages().map(packageEntry)),
    section(
      `The runtime: ${runtime}`,
      `Bun\n  ${OWN_LICENSE}; https://github.com/oven-sh/bun\n  Copyright (c) the authors of Bun`,
      RELINK,
      "This software is based in part on the work of the Independent JPEG Group.",
      NOT_LISTED,
    ),
    section("Libraries that Bun links", ...LIBRARIES.map(partEntry)),
    section("What else Bun embeds or is derived from", ...SOURCES.map(partEntry)),
    section("npm packages that Bun embeds", ...POLYFILLS.map(partEntry)),
    ...licenseIds().map((id) => section(id, textOf(id))),
  ];
  return `${sections.join("\n\n")}\n`;
}
