/**
 * Installs and removes the packages of dist/release on an overlay of this system, builds the AUR's
 * recipes, and lets lintian and rpmlint look. First bun scripts/release.ts --dry-run, then this, as
 * root on Debian, where it installs the tools that it needs.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json";
import { installMissing, run } from "./release/run.ts";

const ROOT = join(import.meta.dir, "..");
const RELEASE = join(ROOT, "dist/release");

/** What must be installed here, and the packages that bring it. */
const COMMANDS = {
  bsdtar: "libarchive-tools",
  lintian: "lintian",
  makepkg: "makepkg",
  man: "man-db",
  pacman: "pacman-package-manager",
  rpm: "rpm",
  rpmlint: "rpmlint",
} as const;

function main(): number {
  if (process.getuid?.() !== 0 || !existsSync(RELEASE)) {
    throw new Error("run bun scripts/release.ts --dry-run first, then this as root");
  }
  installMissing(COMMANDS);
  const script = join(import.meta.dir, "check-packages/check.sh");
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child"];
  const words = [script, RELEASE, packageJson.version];
  const said = run(["unshare", ...namespaces, "bash", ...words], { cwd: ROOT });
  const passed = said.match(/^ok /gm)?.length ?? 0;
  const failed = said.match(/^FAIL/gm)?.length ?? 0;
  process.stdout.write(`${said}${passed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`check-packages: ${message}\n`);
  process.exitCode = 1;
}
