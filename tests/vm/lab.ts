import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");
/** Everything the laboratory downloads or builds; git ignores it. */
export const cache = join(root, ".cache/vm");
const here = import.meta.dir;

/** What a machine boots from, and a disk with one big file. */
export interface Laboratory {
  kernel: string;
  initramfs: string;
  disk: string;
  bulk: string;
}

function found(folder: string, pattern: RegExp): string | undefined {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((entry) => pattern.test(entry));
  return name && join(folder, name);
}

/** The release of the unpacked kernel, as in `uname -r`; undefined before the set-up. */
export function kernelRelease(): string | undefined {
  return found(join(cache, "kernel/boot"), /^vmlinuz-/)?.replace(/.*vmlinuz-/, "");
}

/** The commands of the host that are needed and not there. */
export function missingCommands(): string[] {
  const commands = ["qemu-system-x86_64", "gcc", "mkfs.ext4", "cpio", "modprobe", "flock"];
  return commands.filter((command) => !Bun.which(command, { PATH: searchPath() }));
}

/** The tools and files without which no machine can boot; empty when all is there. */
export function missingTools(): string[] {
  return [...missingCommands(), ...(kernelRelease() ? [] : ["a kernel to boot"])];
}

/** PATH with the system folders that an ordinary user's may lack. */
export function searchPath(): string {
  return `${process.env["PATH"]}:/usr/sbin:/sbin`;
}

function run(command: string[], cwd = root): string {
  const done = Bun.spawnSync(command, { cwd, env: { ...process.env, PATH: searchPath() } });
  if (done.success) return done.stdout.toString();
  throw new Error(`${command.join(" ")} failed: ${done.stderr.toString().slice(0, 2000)}`);
}

/** A name for what is built from these files: changes when one of them changes. */
function stamp(files: string[], more = ""): string {
  const facts = files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  });
  return Bun.hash([...facts, more].join("\n")).toString(36);
}

function sources(folder: string): string[] {
  return readdirSync(join(here, folder)).map((name) => join(here, folder, name));
}

/** One static program from all C files of a folder. */
function compile(folder: string, output: string): void {
  const files = sources(folder).filter((name) => name.endsWith(".c"));
  run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", output, ...files]);
}

function modules(): string[] {
  const kernel = join(cache, "kernel");
  const release = kernelRelease() ?? "";
  if (!existsSync(join(kernel, "lib/modules", release, "modules.dep"))) {
    run(["depmod", "-b", kernel, release]);
  }
  const wanted = ["virtio_pci", "virtio_blk", "zram", "lzo-rle"];
  const lines = wanted.flatMap((name) =>
    run(["modprobe", "-d", kernel, "-S", release, "--show-depends", name]).split("\n"),
  );
  const paths = lines
    .filter((line) => line.startsWith("insmod "))
    .map((line) => line.split(" ")[1]);
  return [...new Set(paths)].filter((path) => path !== undefined);
}

function buildInitramfs(output: string): void {
  const stage = `${output}.tree`;
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, "modules"), { recursive: true });
  compile("guest", join(stage, "init"));
  modules().forEach((module, index) => {
    const target = join(stage, "modules", `${String(index).padStart(2, "0")}.ko`);
    cpSync(module, target + module.replace(/.*\.ko/, ""));
    if (module.endsWith(".xz")) run(["xz", "-d", `${target}.xz`]);
    if (module.endsWith(".zst")) run(["zstd", "-q", "--rm", "-d", `${target}.zst`]);
  });
  run(["sh", "-c", `find . | cpio -o -H newc --quiet > ${output}`], stage);
  rmSync(stage, { recursive: true });
}

/** An executable of the host and the path it gets inside the machine. */
export interface Passenger {
  from: string;
  to: string;
}

function libraries(executable: string): string[] {
  const done = Bun.spawnSync(["ldd", executable]);
  return [...done.stdout.toString().matchAll(/(?:=> |^\s*)(\/\S+) \(/gm)].map((line) => line[1]!);
}

function buildDisk(output: string, passengers: Passenger[]): void {
  const stage = `${output}.tree`;
  rmSync(stage, { recursive: true, force: true });
  for (const name of [
    "bin",
    "proc",
    "sys",
    "dev",
    "run",
    "tmp",
    "etc",
    "bulk",
    "var/log",
    "programs",
  ]) {
    mkdirSync(join(stage, name), { recursive: true });
  }
  compile("actors", join(stage, "bin/actors"));
  const rivals = join(cache, "rivals");
  if (existsSync(rivals)) cpSync(rivals, stage, { recursive: true, verbatimSymlinks: true });
  for (const { from, to } of passengers) cpSync(from, join(stage, to), { dereference: true });
  const executables = passengers.map(({ from }) => from);
  for (const name of ["usr/bin/earlyoom", "usr/bin/python3"]) {
    if (existsSync(join(rivals, name))) executables.push(realpathSync(join(rivals, name)));
  }
  for (const library of new Set(executables.flatMap(libraries))) {
    const target = join(stage, library);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(realpathSync(library), target);
  }
  writeFileSync(output, "");
  truncateSync(output, 3 * 2 ** 30);
  run(["mkfs.ext4", "-q", "-F", "-N", "16384", "-E", "lazy_itable_init=0", "-d", stage, output]);
  rmSync(stage, { recursive: true });
}

/** A file system with one file of 1400 MiB, of blocks that exist but were never written: it takes
 * no space here, and the machine must read it from its disk; see hugefiles in mke2fs.conf(5). */
function buildBulk(output: string): void {
  const settings = `${output}.conf`;
  writeFileSync(
    settings,
    `[defaults]
  base_features = extent,filetype,sparse_super,large_file,huge_file
  blocksize = 4096
  inode_size = 256
  inode_ratio = 4194304
[fs_types]
  ext4 = {
  }
  bulk = {
    make_hugefiles = 1
    hugefiles_dir = /
    hugefiles_name = file
    hugefiles_digits = 0
    num_hugefiles = 1
    hugefiles_size = 1400M
    zero_hugefiles = false
  }
`,
  );
  writeFileSync(output, "");
  truncateSync(output, 1500 << 20);
  run(["env", `MKE2FS_CONFIG=${settings}`, "mkfs.ext4", "-q", "-F", "-T", "bulk", output]);
  rmSync(settings);
}

/** Makes a file under a name of its own first: others may be making the same. */
function makeOnce(path: string, make: (path: string) => void): void {
  if (existsSync(path)) return;
  const own = `${path}.${process.pid}`;
  make(own);
  renameSync(own, path);
}

/** Images are big and every build of the daemon makes another: those older than a day go. */
function forgetOldImages(images: string): void {
  for (const name of readdirSync(images)) {
    const path = join(images, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 86_400_000) rmSync(path, { recursive: true, force: true });
  }
}

/** Builds what is not yet built: the initramfs and a disk image with these executables on it. */
export function prepareLaboratory(passengers: Passenger[]): Laboratory {
  const release = kernelRelease();
  if (!release) throw new Error("no kernel to boot: run scripts/setup-test-tools.ts");
  const images = join(cache, "images");
  mkdirSync(images, { recursive: true });
  const guest = [...sources("guest"), import.meta.path];
  const initramfs = join(images, `${release}-${stamp(guest)}.cpio`);
  const rivals = join(cache, "rivals");
  const aboard = [
    ...passengers.map(({ from }) => from),
    ...sources("actors"),
    import.meta.path,
    ...(existsSync(rivals) ? [rivals] : []),
  ];
  const names = passengers.map(({ to }) => to).join();
  const disk = join(images, `${stamp(aboard, names)}.ext4`);
  const bulk = join(images, `${stamp([import.meta.path])}.bulk`);
  forgetOldImages(images);
  makeOnce(bulk, buildBulk);
  makeOnce(initramfs, buildInitramfs);
  makeOnce(disk, (output) => buildDisk(output, passengers));
  return { kernel: join(cache, "kernel/boot", `vmlinuz-${release}`), initramfs, disk, bulk };
}
