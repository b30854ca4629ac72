/** Makes everything that a release consists of; `bun scripts/release.ts --help`. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json";
import { writeApk } from "./release/apk.ts";
import { stageArchive, writeArchive, writeChecksums } from "./release/archives.ts";
import { billOfMaterials, isUnreleased, releaseNotes } from "./release/notes.ts";
import { writeArch, writeDeb, writeRpm } from "./release/packages.ts";
import { type Origin, readCandidates, readOrigin } from "./release/origin.ts";
import { refusePlaceholders } from "./release/placeholders.ts";
import { writeRecipes } from "./release/recipes.ts";
import { installMissing, type Platform, PLATFORMS, type Release, run } from "./release/run.ts";
import { withWholeLinks } from "./release/texts.ts";

const HELP = `Usage: bun scripts/release.ts [--dry-run [--quick]] [--tag vX.Y.Z] [--no-packages]
                              [--repository OWNER/NAME] [--maintainer 'NAME <ADDRESS>']
Builds all platforms and leaves archives, packages, recipes, checksums, the bill of
materials and the notes in dist/release. It uploads nothing: the workflow does that.
  --dry-run      also when the change log has no day for the version yet
  --quick        compresses little: a third of the time, to try packages out
  --tag          fails unless this is the version of package.json
  --no-packages  archives only: no dpkg-deb, rpmbuild and zstd needed
  --repository   who publishes it on GitHub; GITHUB_REPOSITORY if not given
  --maintainer   who answers for the packages; if not given, the first of these whose
                 address can be somebody's: the author of the tag, user.name and
                 user.email of git, and the repository's owner at GitHub
`;

const ROOT = join(import.meta.dir, "..");

/** What must be installed here, and Debian's packages that bring it. */
const TOOLS = { git: "git", tar: "tar", xz: "xz-utils" } as const;
const PACKAGING_TOOLS = { "dpkg-deb": "dpkg", rpmbuild: "rpm", zstd: "zstd" } as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** When the newest commit was made, so that the same sources give the same bytes. */
function epochOfSources(): number {
  const given = Number(process.env["SOURCE_DATE_EPOCH"] ?? "");
  return given > 0 ? given : Number(run(["git", "log", "-1", "--format=%ct"], { cwd: ROOT }));
}

/** The sources as committed, with the commit's time. */
function writeSources({ out, version }: Release): string {
  const name = `bustd-${version}`;
  const tar = join(out, `${name}.tar`);
  const options = ["--format=tar", `--prefix=${name}/`, "-o", tar];
  run(["git", "archive", ...options, "HEAD"], { cwd: ROOT });
  run(["gzip", "-n", "-9", "-f", tar]);
  return `${name}.tar.gz`;
}

type Writer = (release: Release, platform: Platform) => string;

function writersFor({ libc }: Platform, withPackages: boolean): readonly Writer[] {
  if (!withPackages) {
    return [writeArchive];
  }
  return libc === "musl" ? [writeArchive, writeApk] : [writeArchive, writeDeb, writeRpm, writeArch];
}

function changeLog(): string {
  return readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
}

function makeRelease(release: Release, withPackages: boolean): void {
  const { out, version } = release;
  writeFileSync(join(out, "NOTES.md"), withWholeLinks(releaseNotes(changeLog(), release), release));
  run([process.execPath, "scripts/build.ts", "--target", "all", "--quiet"], { cwd: ROOT });
  const bill = `bustd-v${version}.cdx.json`;
  writeFileSync(join(out, bill), billOfMaterials(release));
  refusePlaceholders(out);
  const sources = writeSources(release);
  const names = [bill, sources];
  for (const platform of PLATFORMS) {
    stageArchive(release, platform);
    for (const write of writersFor(platform, withPackages)) {
      const name = write(release, platform);
      say(name);
      names.push(name);
    }
  }
  writeRecipes(release, sources);
  writeChecksums(release, names);
  rmSync(join(out, ".stage"), { recursive: true, force: true });
}

function main(): number {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      tag: { type: "string" },
      repository: { type: "string" },
      maintainer: { type: "string" },
      "no-packages": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(HELP.trimEnd());
    return 0;
  }
  const { version } = packageJson;
  if (values.quick && !values["dry-run"]) {
    throw new Error("--quick goes with --dry-run: what is published is compressed well");
  }
  if (values.tag !== undefined && values.tag !== `v${version}`) {
    throw new Error(`the tag is ${values.tag}, but package.json says ${version}`);
  }
  if (!values["dry-run"] && isUnreleased(changeLog(), version)) {
    throw new Error(`CHANGELOG.md has no day for ${version} yet`);
  }
  const origin: Origin = readOrigin({
    repository: values.repository ?? process.env["GITHUB_REPOSITORY"],
    maintainer: values.maintainer,
    candidates: readCandidates(ROOT, `v${version}`),
  });
  // Known before minutes have gone into compressing.
  installMissing(values["no-packages"] ? TOOLS : { ...TOOLS, ...PACKAGING_TOOLS });
  say(`of ${origin.home}, by ${origin.maintainer}`);
  const out = join(ROOT, "dist/release");
  if (existsSync(out)) {
    rmSync(out, { recursive: true });
  }
  mkdirSync(out, { recursive: true });
  const isQuick = values.quick;
  const release = { ...origin, version, epoch: epochOfSources(), root: ROOT, out, isQuick };
  makeRelease(release, !values["no-packages"]);
  say(run(["cat", join(out, "SHA256SUMS")]).trimEnd());
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`release: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
