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
import { licenseExpression, licenseText, thirdPartyNotices } from "../generate/notices.ts";
import { stagedArchive } from "./archives.ts";
import { refusePlaceholders } from "./placeholders.ts";
import { type Platform, type Release, run, tarOptions } from "./run.ts";
import { withWholeLinks } from "./texts.ts";

/** What all package formats say of the program. */
export const ABOUT = {
  summary: "Kills the right process just before Linux runs out of memory",
  description:
    "bustd watches memory, and kills the right process just before the machine\n" +
    "would freeze because none is left. It says which process it killed, why,\n" +
    "by which numbers, and which would have been next.",
} as const;

const CONFIG = [
  "/etc/bustd/bustd.toml",
  "/etc/logrotate.d/bustd",
  "/etc/xdg/autostart/bustd-notify.desktop",
];

/** The tree of files a package installs, as the `install.sh` of the staged archive lays it. */
export function stageRoot(release: Release, platform: Platform, services: string): string {
  const root = join(release.out, ".stage/root");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const env = { DESTDIR: root, PREFIX: "/usr", WITH: services };
  run([join(stagedArchive(release, platform), "install.sh"), "--no-record"], { env });
  return root;
}

function scriptOf(release: Release, name: string): string {
  return readFileSync(join(release.root, "packaging/scripts", name), "utf8");
}

/** Size of all files, in KiB. */
export function installedKib(root: string): number {
  return Number(run(["du", "-sk", "--apparent-size", root]).split("\t")[0]);
}

function filesOf(root: string, types: "f" | "f,l"): string[] {
  return run(["find", ".", "-type", types, "-printf", "%P\\n"], { cwd: root })
    .trim()
    .split("\n")
    .toSorted();
}

/** A package for Debian and Ubuntu; its file name. dpkg-deb(1) */
export function writeDeb(release: Release, platform: Platform): string {
  const { epoch, home, isQuick, maintainer, out, version } = release;
  const root = stageRoot(release, platform, "systemd");
  finishDoc(release, root);
  const control = join(root, "DEBIAN");
  mkdirSync(control);
  const description = ABOUT.description.replaceAll("\n", "\n ");
  const fields = {
    Package: "bustd",
    Version: `${version}-1`,
    Architecture: platform.debian,
    Maintainer: maintainer,
    "Installed-Size": String(installedKib(root)),
    // kill(1), for reloading.
    Depends: "libc6 (>= 2.17), procps",
    Suggests: "logrotate",
    Section: "admin",
    Priority: "optional",
    Homepage: home,
    Description: `${ABOUT.summary}\n ${description}`,
  };
  const text = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(control, "control"), text.join(""));
  writeFileSync(join(control, "conffiles"), CONFIG.map((path) => `${path}\n`).join(""));
  const files = filesOf(root, "f").filter(
    (name) => !name.startsWith("DEBIAN/") && !CONFIG.includes(`/${name}`),
  );
  writeFileSync(join(control, "md5sums"), run(["md5sum", "--", ...files], { cwd: root }));
  for (const name of ["postinst", "prerm", "postrm"]) {
    writeFileSync(join(control, name), scriptOf(release, name));
  }
  refusePlaceholders(root);
  run(["chmod", "-R", "u=rwX,go=rX", control]);
  run(["chmod", "755", ...["postinst", "prerm", "postrm"].map((name) => join(control, name))]);
  const file = `bustd_${version}-1_${platform.debian}.deb`;
  const env = { SOURCE_DATE_EPOCH: String(epoch) };
  const options = ["-Zxz", `-z${isQuick ? 0 : 6}`, "--threads-max=2", "--root-owner-group"];
  run(["dpkg-deb", ...options, "--build", root, join(out, file)], { env });
  return file;
}

/** Licences that every Debian has, and what they are called there; base-files(7) */
const COMMON_LICENSES: Readonly<Record<string, string>> = {
  "Apache-2.0": "Apache-2.0",
  "LGPL-2.0-or-later": "LGPL-2",
  "LGPL-2.1-or-later": "LGPL-2.1",
  "MPL-2.0": "MPL-2.0",
};

function copyrightOf(license: string): string {
  const notices = thirdPartyNotices((id) => {
    const name = COMMON_LICENSES[id];
    return name === undefined
      ? licenseText(id)
      : `On Debian systems the text is in /usr/share/common-licenses/${name}.`;
  });
  return `${license.trim()}\n\n${notices}`;
}

/** What Debian's policy wants beside the program, and why lintian may be content. */
function finishDoc(release: Release, root: string): void {
  const { epoch, maintainer, root: sources, version } = release;
  const directory = join(root, "usr/share/doc/bustd");
  const licenses = join(root, "usr/share/licenses");
  const license = readFileSync(join(licenses, "bustd/LICENSE"), "utf8");
  writeFileSync(join(directory, "copyright"), copyrightOf(license));
  rmSync(licenses, { recursive: true });
  writeFileSync(
    join(directory, "changelog"),
    withWholeLinks(readFileSync(join(sources, "CHANGELOG.md"), "utf8"), release),
  );
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  writeFileSync(
    join(directory, "changelog.Debian"),
    `bustd (${version}-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n` +
      ` -- ${maintainer}  ${date}\n`,
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
  for (const page of filesOf(join(root, "usr/share/man"), "f")) {
    run(["gzip", "-n", "-9", join(root, "usr/share/man", page)]);
  }
}

/** What rpmbuild(8) makes a package of, from a tree that is laid already. */
function specOf(release: Release, root: string): string {
  const { epoch, home, maintainer, version } = release;
  const files = filesOf(root, "f,l")
    .map((name) => `/${name}`)
    .map((path) => {
      const kind = path.startsWith("/usr/share/licenses/") ? "%license " : "";
      return CONFIG.includes(path) ? `%config(noreplace) ${path}` : `${kind}${path}`;
    });
  const day = new Date(epoch * 1000)
    .toUTCString()
    .replace(/(\w+), (\d+) (\w+) (\d+).*/, "$1 $3 $2 $4");
  const script = (section: string, name: string) =>
    `%${section}\n${scriptOf(release, name).split("\n").slice(1).join("\n")}`;
  return `Name: bustd
Version: ${version}
Release: 1
Summary: ${ABOUT.summary}
License: ${licenseExpression()}
URL: ${home}
Packager: ${maintainer}
Group: System/Base
AutoReqProv: no
Requires: glibc >= 2.17
Suggests: logrotate

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
* ${day} ${maintainer} - ${version}-1
- See ${home}/releases

%files
%dir /etc/bustd
%dir /usr/share/doc/bustd
%dir /usr/share/doc/bustd/examples
%dir /usr/share/doc/bustd/examples/hooks
%dir /usr/share/licenses/bustd
${files.join("\n")}
`;
}

/** A package for Fedora and openSUSE; its file name. rpmbuild(8) */
export function writeRpm(release: Release, platform: Platform): string {
  const { epoch, isQuick, out, version } = release;
  const root = stageRoot(release, platform, "systemd");
  compressPages(root);
  refusePlaceholders(root);
  const top = join(out, ".stage/rpm");
  mkdirSync(top, { recursive: true });
  writeFileSync(join(top, "bustd.spec"), specOf(release, root));
  const defines = {
    _topdir: top,
    _buildhost: "localhost",
    _binary_payload: `w${isQuick ? 0 : 6}T2.xzdio`,
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
  const { epoch, home, isQuick, maintainer, out, root: sources, version } = release;
  const root = stageRoot(release, platform, "systemd");
  compressPages(root);
  const info = [
    "pkgname = bustd",
    "pkgbase = bustd",
    `pkgver = ${version}-1`,
    `pkgdesc = ${ABOUT.summary}`,
    `url = ${home}`,
    `builddate = ${epoch}`,
    `packager = ${maintainer}`,
    `size = ${installedKib(root) * 1024}`,
    `arch = ${platform.machine}`,
    `license = ${licenseExpression()}`,
    ...CONFIG.map((path) => `backup = ${path.slice(1)}`),
    "depend = glibc",
  ];
  writeFileSync(join(root, ".PKGINFO"), `${info.join("\n")}\n`);
  cpSync(join(sources, "packaging/aur/bustd/bustd.install"), join(root, ".INSTALL"));
  refusePlaceholders(root);
  run(["chmod", "644", join(root, ".PKGINFO"), join(root, ".INSTALL")]);
  const file = `bustd-${version}-1-${platform.machine}.pkg.tar.zst`;
  const tar = join(out, ".stage/package.tar");
  const names = [".PKGINFO", ".INSTALL", ...directories(root)];
  run(["tar", ...tarOptions(epoch), "--format=ustar", "-cf", tar, ...names], { cwd: root });
  run(["zstd", "-q", "-f", isQuick ? "-1" : "-19", "-T2", tar, "-o", join(out, file)]);
  return file;
}

function directories(root: string): string[] {
  return readdirSync(root)
    .filter((name) => statSync(join(root, name)).isDirectory())
    .toSorted();
}
