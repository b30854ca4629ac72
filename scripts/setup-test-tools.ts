/** Gets what the tests need: shells, mandoc, systemd-analyze and a browser, for virtual machines
 * QEMU and a C compiler, all from Debian's packages; and a kernel and promtool that are only
 * unpacked below .cache, never installed. `--rivals` also unpacks the daemons that
 * scripts/bench-oom.ts compares with. Running it again is quick. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  cache,
  kernelRelease,
  missingCommands,
  missingTools,
  searchPath,
} from "../tests/vm/lab.ts";

const debianPackages = [
  "qemu-system-x86",
  "e2fsprogs",
  "gcc",
  "libc6-dev",
  "cpio",
  "kmod",
  "util-linux",
  "xz-utils",
];

/** What the tests of services, man pages, completions, system calls, notices, reports and hooks
 * run, and the packages that bring it; without, these tests are left out. */
const packagingCommands = {
  "systemd-analyze": "systemd",
  mandoc: "mandoc",
  zsh: "zsh",
  fish: "fish",
  strace: "strace",
  Xvfb: "xvfb",
  dunst: "dunst",
  "dbus-run-session": "dbus-daemon",
  "dbus-send": "dbus-bin",
  chromium: "chromium",
  shellcheck: "shellcheck",
};

const environment = { ...process.env, PATH: searchPath(), DEBIAN_FRONTEND: "noninteractive" };

function run(command: string[], cwd?: string): string {
  const done = Bun.spawnSync(command, { env: environment, ...(cwd ? { cwd } : {}) });
  if (done.success) return done.stdout.toString();
  throw new Error(`${command.join(" ")} failed:\n${done.stderr.toString().slice(-2000)}`);
}

function has(command: string): boolean {
  return Bun.which(command, { PATH: searchPath() }) !== null;
}

let listsAreFresh = false;

/** Fresh package lists: once in a run, and only when something is going to be fetched. */
function refreshLists(): void {
  if (listsAreFresh || process.getuid?.() !== 0) return;
  console.log("Reading the package lists ...");
  run(["apt-get", "update", "-qq"]);
  listsAreFresh = true;
}

function installCommands(): void {
  const others = Object.entries(packagingCommands).filter(([name]) => !has(name));
  const missing = [...missingCommands(), ...others.map(([name]) => name)];
  if (missing.length === 0) return;
  refreshLists();
  console.log(`Installing what brings ${missing.join(", ")} ...`);
  const machine = missingCommands().length > 0 ? debianPackages : [];
  const packages = [...machine, ...others.map(([, name]) => name)];
  run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages]);
}

/** Unpacks packages below a folder of the cache, without installing them. */
function unpack(names: string[], folder: string): void {
  refreshLists();
  console.log(`Fetching ${names.join(", ")} ...`);
  const download = join(cache, "download");
  rmSync(download, { recursive: true, force: true });
  mkdirSync(download, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const asOneself = process.getuid?.() === 0 ? ["-o", "APT::Sandbox::User=root"] : [];
  run(["apt-get", "download", "-qq", ...asOneself, ...names], download);
  for (const file of readdirSync(download)) run(["dpkg", "-x", join(download, file), folder]);
  rmSync(download, { recursive: true });
}

function dependency(name: string, pattern: RegExp): string {
  const found = pattern.exec(run(["apt-cache", "depends", name]));
  if (!found) throw new Error(`the package ${name} depends on nothing like ${pattern}`);
  return found[0];
}

function fetchKernel(): void {
  refreshLists();
  const image = dependency("linux-image-cloud-amd64", /linux-image-\S+-cloud-amd64/);
  unpack([image], join(cache, "kernel"));
}

/** promtool; the package would also start a service. */
function fetchPrometheus(): void {
  unpack(["prometheus"], join(cache, "prometheus"));
}

function fetchRivals(): void {
  refreshLists();
  const python = dependency("python3-minimal", /python3\.\d+/);
  const parts = [
    "python3-minimal",
    `${python}-minimal`,
    `lib${python}-minimal`,
    `lib${python}-stdlib`,
  ];
  const libraries = ["libffi8", "libexpat1", "zlib1g"];
  unpack(["earlyoom", "nohang", ...parts, ...libraries], join(cache, "rivals"));
}

function main(): void {
  const wantsRivals = process.argv.includes("--rivals");
  const debian = has("apt-get") && process.arch === "x64";
  mkdirSync(cache, { recursive: true });
  if (debian && process.getuid?.() === 0) installCommands();
  if (debian && !kernelRelease()) fetchKernel();
  if (debian && !existsSync(join(cache, "prometheus/usr/bin/promtool"))) fetchPrometheus();
  if (debian && wantsRivals && !existsSync(join(cache, "rivals/usr/sbin/nohang"))) fetchRivals();
  const missing = missingTools();
  if (missing.length === 0) return console.log("Everything for the tests is there.");
  console.log(
    `Missing: ${missing.join(", ")}.\nLeft out without them: tests/vm (a real kernel running out ` +
      `of memory) and scripts/bench-oom.ts.\nOn Debian, as root, this script gets them.`,
  );
}

try {
  main();
} catch (error) {
  console.error(`setup-test-tools: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
