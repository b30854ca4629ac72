/**
 * Runs the executables of all platforms in roots that hold only a C library, made of Debian's
 * packages: glibc or musl, x86-64 or (in QEMU) arm64. First npm run build -- --target all, then
 * this, on Debian; as root it installs what it needs. Roots stay in .cache/platforms.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json";
import { installMissing, type Platform, PLATFORMS, run } from "./release/run.ts";

const ROOT = join(import.meta.dir, "..");
const CACHE = join(ROOT, ".cache/platforms");
const HERE = join(import.meta.dir, "check-platforms");
const EMULATOR = "/usr/bin/qemu-aarch64-static";

/** What must be installed here, and the packages that bring it. */
const COMMANDS = {
  gcc: "gcc",
  "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
  readelf: "binutils",
  "qemu-aarch64-static": "qemu-user-static",
} as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Unpacks Debian's packages of an architecture; the folder. apt(8)'s own state is left alone. */
function unpacked({ debian }: Platform, name: string, packages: readonly string[]): string {
  const folder = join(CACHE, `${name}-${debian}`);
  if (existsSync(folder)) {
    return folder;
  }
  const apt = join(CACHE, `apt-${debian}`);
  const debs = join(CACHE, "debs");
  rmSync(debs, { recursive: true, force: true });
  for (const needed of ["state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(apt, needed), { recursive: true });
  }
  mkdirSync(debs, { recursive: true });
  const settings = {
    "Dir::State": join(apt, "state"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": join(apt, "cache"),
    "APT::Architecture": debian,
    "APT::Architectures::": debian,
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  run(["apt-get", ...options, "update", "-qq"]);
  const wanted = packages.map((item) => `${item}:${debian}`);
  run(["apt-get", ...options, "download", "-qq", ...wanted], { cwd: debs });
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const deb of readdirSync(debs)) {
    run(["dpkg", "-x", join(debs, deb), unfinished]);
  }
  run(["mv", unfinished, folder]);
  return folder;
}

/** C++ names that an executable wants of libstdc++. */
function wantedOfLibstdcxx(executable: string): string[] {
  const table = run(["readelf", "--dyn-syms", "--wide", executable]).split("\n");
  const symbols = table.map((line) => line.trim().split(/\s+/)).filter((row) => row.length >= 8);
  const wanted = symbols.filter(([, , , , bind, , section, name = ""]) =>
    section === "UND"
      ? bind === "GLOBAL" && /^(_Z|__cxa_|__dynamic_cast|__once_proxy)/.test(name)
      : name.startsWith("_ZTVN10__cxxabiv1"),
  );
  return wanted.map(([, , , , , , , name = ""]) => name.replace(/@.*/, ""));
}

/**
 * Links Debian's libstdc++ against musl, as far as the executable needs it: Debian has no musl
 * build of it. Alpine's own may differ; the release's workflow tries that one.
 */
function linkLibstdcxx(platform: Platform, executable: string, out: string): void {
  const major = run(["gcc", "-dumpversion"]).trim();
  const packages = [`libstdc++-${major}-pic`, `libgcc-${major}-dev`, "musl", "musl-dev"];
  const folder = unpacked(platform, "musl", packages);
  const triple = `${platform.machine}-linux`;
  const archives = join(folder, `usr/lib/gcc/${triple}-gnu`, major);
  const compiler = platform.machine === "aarch64" ? "aarch64-linux-gnu-gcc" : "gcc";
  const options = ["-O1", "-shared", "-fPIC", "-nostdlib", "-nostdinc"];
  const headers = ["-isystem", join(folder, `usr/include/${triple}-musl`)];
  const linker = ["-soname,libstdc++.so.6", "--no-undefined"];
  const names = wantedOfLibstdcxx(executable).map((name) => `-u,${name}`);
  const libraries = ["libstdc++_pic.a", "libgcc_eh.a", "libgcc.a"];
  const libc = ["-L", join(folder, `lib/${triple}-musl`), "-l:libc.so"];
  run([
    compiler,
    ...options,
    ...headers,
    ...[...linker, ...names].map((option) => `-Wl,${option}`),
    "-o",
    out,
    join(HERE, "shim.c"),
    ...libraries.map((name) => join(archives, name)),
    ...libc,
  ]);
}

/** A root with the C library, the executable, and nothing else. */
function makeRoot(platform: Platform): string {
  const { libc, machine, target } = platform;
  const executable = join(ROOT, "dist", `bustd-${target}`);
  const root = join(CACHE, target);
  rmSync(root, { recursive: true, force: true });
  if (libc === "gnu") {
    const folder = unpacked(platform, "glibc", ["libc6"]);
    cpSync(folder, root, { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ["proc", "dev", "sys", "tmp", "etc", "lib", "usr/bin", "usr/lib"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  if (libc === "musl") {
    linkLibstdcxx(platform, executable, join(root, "usr/lib/libstdc++.so.6"));
    const loader = `ld-musl-${machine}.so.1`;
    const folder = unpacked(platform, "musl", []);
    cpSync(join(folder, `lib/${machine}-linux-musl/libc.so`), join(root, "lib", loader));
    symlinkSync(loader, join(root, `lib/libc.musl-${machine}.so.1`));
  }
  cpSync(executable, join(root, "usr/bin/bustd"));
  return root;
}

function check(platform: Platform): string {
  const root = makeRoot(platform);
  const namespaces = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"];
  const words = [join(HERE, "check.sh"), root, packageJson.version, platform.machine];
  const isForeign = platform.machine !== run(["uname", "-m"]).trim();
  const emulator = isForeign ? [EMULATOR] : [];
  return run(["unshare", ...namespaces, "bash", ...words, ...emulator]);
}

function main(): number {
  installMissing(COMMANDS);
  let passed = 0;
  let failed = 0;
  for (const platform of PLATFORMS) {
    say(`== ${platform.target}`);
    const said = check(platform);
    process.stdout.write(said);
    passed += said.match(/^ok /gm)?.length ?? 0;
    failed += said.match(/^FAIL/gm)?.length ?? 0;
  }
  say(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`check-platforms: ${message}\n`);
  process.exitCode = 1;
}
