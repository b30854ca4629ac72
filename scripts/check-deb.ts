/**
 * Installs the .deb of dist/release in a machine with a real systemd (Debian, by debootstrap, in
 * QEMU), and sees what becomes of it. First bun scripts/release.ts --dry-run, then this, as root
 * on Debian, with debootstrap and what scripts/setup-test-tools.ts gets.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cache, kernelRelease, searchPath } from "../tests/vm/lab.ts";

const ROOT = join(import.meta.dir, "..");
/** It takes ten minutes where nothing else runs: everything is emulated. */
const LIMIT_MS = 60 * 60_000;
const MEMORY_MIB = 2560;

function run(command: readonly string[]): void {
  const env = { ...process.env, PATH: searchPath() };
  const done = Bun.spawnSync([...command], { env, stdio: ["ignore", "pipe", "pipe"] });
  if (!done.success) {
    throw new Error(`${command.join(" ")} failed: ${done.stderr.toString().slice(-1000)}`);
  }
}

const SERVICE = `[Unit]
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/check.sh
[Install]
WantedBy=default.target
`;

/** Debian with systemd, the package, and the check that runs at the end of the start. */
function buildImage(deb: string): string {
  const base = join(cache, "debian");
  if (!existsSync(join(base, "sbin/init"))) {
    rmSync(base, { recursive: true, force: true });
    const packages = "--include=systemd,systemd-sysv,procps,kmod";
    run(["debootstrap", "--variant=minbase", packages, "bookworm", `${base}.new`]);
    run(["mv", `${base}.new`, base]);
  }
  const tree = join(cache, "debian-checked");
  rmSync(tree, { recursive: true, force: true });
  run(["cp", "-a", base, tree]);
  for (const useless of ["var/cache/apt", "usr/share/doc", "usr/share/locale", "usr/share/man"]) {
    rmSync(join(tree, useless), { recursive: true, force: true });
  }
  mkdirSync(join(tree, "var/cache/apt/archives/partial"), { recursive: true });
  cpSync(deb, join(tree, "bustd.deb"));
  cpSync(join(import.meta.dir, "check-deb/check.sh"), join(tree, "check.sh"));
  cpSync(join(import.meta.dir, "checks.sh"), join(tree, "checks.sh"));
  chmodSync(join(tree, "check.sh"), 0o755);
  writeFileSync(join(tree, "etc/systemd/system/check.service"), SERVICE);
  run(["systemctl", "--root", tree, "enable", "check.service"]);
  rmSync(join(tree, "init"), { force: true });
  symlinkSync("sbin/init", join(tree, "init"));
  const image = join(cache, "debian-checked.cpio");
  run(["sh", "-c", `cd ${tree} && find . | cpio -o -H newc --quiet > ${image}`]);
  rmSync(tree, { recursive: true });
  return image;
}

async function boot(image: string): Promise<string> {
  const words = "console=ttyS0 quiet loglevel=3 panic=-1 rdinit=/sbin/init systemd.show_status=no";
  const kernel = join(cache, "kernel/boot", `vmlinuz-${kernelRelease()}`);
  const child = Bun.spawn(
    [
      // One of the two places for machines; see tests/vm/machine.ts.
      ["flock", "--no-fork", join(cache, "place-1")],
      ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"],
      ["-m", String(MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none"],
      ["-no-reboot", "-kernel", kernel, "-initrd", image, "-append", words, "-serial", "stdio"],
    ].flat(),
    { env: { ...process.env, PATH: searchPath() }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const alarm = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const decoder = new TextDecoder();
  let said = "";
  for await (const chunk of child.stdout) {
    const text = decoder.decode(chunk, { stream: true });
    process.stdout.write(text);
    said += text;
  }
  clearTimeout(alarm);
  return said;
}

async function main(): Promise<number> {
  const deb = [...new Bun.Glob("dist/release/*_amd64.deb").scanSync(ROOT)][0];
  if (deb === undefined) {
    throw new Error("there is no package: run bun scripts/release.ts --dry-run first");
  }
  const said = await boot(buildImage(join(ROOT, deb)));
  const failed = said.match(/^FAIL/gm)?.length ?? 0;
  const passed = said.match(/^ok /gm)?.length ?? 0;
  const isWhole = said.includes("== end");
  process.stdout.write(`${passed} passed, ${failed + (isWhole ? 0 : 1)} failed\n`);
  return failed === 0 && isWhole ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`check-deb: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
