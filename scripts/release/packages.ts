import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { HOME } from "../generate/home.ts";
import { type Platform, type Release, run, tarOptions } from "./run.ts";

/** What all package formats say of the program. */
export const ABOUT = {
  summary: "Ends the right process just before Linux runs out of memory",
  description:
    "bustd watches memory, and ends the right process just before the machine\n" +
    "would freeze because none is left. It says whom it ended, why, by which\n" +
    "numbers, and who would have been next.",
  homepage: HOME,
  license: "MIT",
  maintainer: "The bustd contributors <bustd@localhost.invalid>",
} as const;

const CONFIG = "/etc/bustd/bustd.toml";

/** The tree of files a package installs, as `install.sh` lays it. */
export function stageRoot(release: Release, platform: Platform, services: string): string {
  const stage = join(release.out, ".stage");
  rmSync(stage, { recursive: true, force: true });
  const root = join(stage, "root");
  mkdirSync(root, { recursive: true });
  const executable = join(release.root, "dist", `bustd-${platform.target}`);
  const env = { DESTDIR: root, WITH: services };
  run(
    [
      "sh",
      "-c",
      'umask 022; exec "$0" "$1"',
      join(release.root, "packaging/install.sh"),
      executable,
    ],
    { env },
  );
  return root;
}

function scriptOf(release: Release, name: string): string {
  return readFileSync(join(release.root, "packaging/scripts", name), "utf8");
}

/** Size of all files, in KiB. */
export function installedKib(root: string): number {
  return Number(run(["du", "-sk", "--apparent-size", root]).split("\t")[0]);
}

function filesOf(root: string): string[] {
  return run(["find", ".", "-type", "f", "-printf", "%P\\n"], { cwd: root })
    .trim()
    .split("\n")
    .toSorted();
}

/** A package for Debian and Ubuntu; its file name. dpkg-deb(1) */
export function writeDeb(release: Release, platform: Platform): string {
  const { epoch, out, version } = release;
  const root = stageRoot(release, platform, "systemd");
  finishDoc(release, root);
  const control = join(root, "DEBIAN");
  mkdirSync(control);
  const description = ABOUT.description.replaceAll("\n", "\n ");
  const fields = {
    Package: "bustd",
    Version: `${version}-1`,
    Architecture: platform.debian,
    Maintainer: ABOUT.maintainer,
    "Installed-Size": String(installedKib(root)),
    // kill(1), for reloading.
    Depends: "libc6 (>= 2.17), procps",
    Section: "admin",
    Priority: "optional",
    Homepage: ABOUT.homepage,
    Description: `${ABOUT.summary}\n ${description}`,
  };
  const text = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(control, "control"), text.join(""));
  writeFileSync(join(control, "conffiles"), `${CONFIG}\n`);
  const files = filesOf(root).filter(
    (name) => !name.startsWith("DEBIAN/") && `/${name}` !== CONFIG,
  );
  writeFileSync(join(control, "md5sums"), run(["md5sum", "--", ...files], { cwd: root }));
  for (const name of ["postinst", "prerm", "postrm"]) {
    writeFileSync(join(control, name), scriptOf(release, name));
  }
  run(["chmod", "-R", "u=rwX,go=rX", control]);
  run(["chmod", "755", ...["postinst", "prerm", "postrm"].map((name) => join(control, name))]);
  const file = `bustd_${version}-1_${platform.debian}.deb`;
  const env = { SOURCE_DATE_EPOCH: String(epoch) };
  const options = ["-Zxz", "-z3", "--threads-max=1", "--root-owner-group"];
  run(["dpkg-deb", ...options, "--build", root, join(out, file)], { env });
  return file;
}

/** What Debian's policy wants beside the program, and why lintian may be content. */
function finishDoc({ epoch, root: sources, version }: Release, root: string): void {
  const directory = join(root, "usr/share/doc/bustd");
  cpSync(join(sources, "LICENSE"), join(directory, "copyright"));
  cpSync(join(sources, "CHANGELOG.md"), join(directory, "changelog"));
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  writeFileSync(
    join(directory, "changelog.Debian"),
    `bustd (${version}-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n` +
      ` -- ${ABOUT.maintainer}  ${date}\n`,
  );
  run(["gzip", "-n", "-9", "changelog", "changelog.Debian"], { cwd: directory });
  mkdirSync(join(root, "usr/share/lintian/overrides"), { recursive: true });
  cpSync(
    join(sources, "packaging/scripts/lintian-overrides"),
    join(root, "usr/share/lintian/overrides/bustd"),
  );
  run(["chmod", "-R", "u=rwX,go=rX", directory, join(root, "usr/share/lintian")]);
  compressPages(root);
}

/** Compresses the man pages of a tree. */
export function compressPages(root: string): void {
  run(["gzip", "-n", "-9", join(root, "usr/share/man/man8/bustd.8")]);
  run(["gzip", "-n", "-9", join(root, "usr/share/man/man5/bustd.toml.5")]);
}

/** What rpmbuild(8) makes a package of, from a tree that is laid already. */
function specOf(release: Release, root: string): string {
  const { epoch, version } = release;
  const files = filesOf(root).map((name) =>
    `/${name}` === CONFIG ? `%config(noreplace) ${CONFIG}` : `/${name}`,
  );
  const day = new Date(epoch * 1000)
    .toUTCString()
    .replace(/(\w+), (\d+) (\w+) (\d+).*/, "$1 $3 $2 $4");
  const script = (section: string, name: string) =>
    `%${section}\n${scriptOf(release, name).split("\n").slice(1).join("\n")}`;
  return `Name: bustd
Version: ${version}
Release: 1
Summary: ${ABOUT.summary}
License: ${ABOUT.license}
URL: ${ABOUT.homepage}
Packager: ${ABOUT.maintainer}
Group: System/Base
AutoReqProv: no
Requires: glibc >= 2.17

%description
${ABOUT.description}

# The program is appended to its runtime: a stripped one is plain Bun.
%global __os_install_post %{nil}
%global debug_package %{nil}
%global _build_id_links none

%install
cp -a ${root}/. %{buildroot}/

${script("post", "postinst")}
${script("preun", "prerm")}
${script("postun", "postrm")}
%changelog
* ${day} ${ABOUT.maintainer} - ${version}-1
- See ${ABOUT.homepage}/releases

%files
%dir /etc/bustd
%dir /usr/share/doc/bustd
%dir /usr/share/doc/bustd/examples
${files.join("\n")}
`;
}

/** A package for Fedora and openSUSE; its file name. rpmbuild(8) */
export function writeRpm(release: Release, platform: Platform): string {
  const { epoch, out, version } = release;
  const root = stageRoot(release, platform, "systemd");
  compressPages(root);
  cpSync(join(release.root, "LICENSE"), join(root, "usr/share/doc/bustd/LICENSE"));
  const top = join(out, ".stage/rpm");
  mkdirSync(top, { recursive: true });
  writeFileSync(join(top, "bustd.spec"), specOf(release, root));
  const defines = {
    _topdir: top,
    _buildhost: "localhost",
    _binary_payload: "w9.gzdio",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    _unitdir: "/usr/lib/systemd/system",
  };
  const flags = Object.entries(defines).flatMap(([name, value]) => [
    "--define",
    `${name} ${value}`,
  ]);
  const target = `${platform.machine}-linux`;
  run(["find", root, "-exec", "touch", "-h", "-d", `@${epoch}`, "{}", "+"]);
  run(["rpmbuild", "-bb", "--quiet", "--target", target, ...flags, join(top, "bustd.spec")], {
    env: { SOURCE_DATE_EPOCH: String(epoch) },
  });
  const file = `bustd-${version}-1.${platform.machine}.rpm`;
  cpSync(join(top, "RPMS", platform.machine, file), join(out, file));
  return file;
}

/** A package for Arch; its file name. PKGBUILD(5), BUILDINFO(5) */
export function writeArch(release: Release, platform: Platform): string {
  const { epoch, out, root: sources, version } = release;
  const root = stageRoot(release, platform, "systemd");
  compressPages(root);
  mkdirSync(join(root, "usr/share/licenses/bustd"), { recursive: true });
  cpSync(join(sources, "LICENSE"), join(root, "usr/share/licenses/bustd/LICENSE"));
  const info = {
    pkgname: "bustd",
    pkgbase: "bustd",
    pkgver: `${version}-1`,
    pkgdesc: ABOUT.summary,
    url: ABOUT.homepage,
    builddate: String(epoch),
    packager: ABOUT.maintainer,
    size: String(installedKib(root) * 1024),
    arch: platform.machine,
    license: ABOUT.license,
    backup: CONFIG.slice(1),
    depend: "glibc",
  };
  const lines = Object.entries(info).map(([key, value]) => `${key} = ${value}\n`);
  writeFileSync(join(root, ".PKGINFO"), lines.join(""));
  cpSync(join(sources, "packaging/aur/bustd/bustd.install"), join(root, ".INSTALL"));
  run(["chmod", "644", join(root, ".PKGINFO"), join(root, ".INSTALL")]);
  const file = `bustd-${version}-1-${platform.machine}.pkg.tar.zst`;
  const tar = join(out, ".stage/package.tar");
  const names = [".PKGINFO", ".INSTALL", ...directories(root)];
  run(["tar", ...tarOptions(epoch), "--format=ustar", "-cf", tar, ...names], { cwd: root });
  run(["zstd", "-q", "-f", "-9", tar, "-o", join(out, file)]);
  return file;
}

function directories(root: string): string[] {
  return readdirSync(root)
    .filter((name) => statSync(join(root, name)).isDirectory())
    .toSorted();
}
