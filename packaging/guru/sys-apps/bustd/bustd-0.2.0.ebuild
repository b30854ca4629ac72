# Copyright 2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

EAPI=8

inherit linux-info

DESCRIPTION="Ends the right process just before Linux runs out of memory"
HOMEPAGE="https://github.com/OWNER/bustd"
SRC_URI="https://github.com/OWNER/bustd/releases/download/v${PV}/${P}.tar.gz"

LICENSE="MIT"
SLOT="0"
KEYWORDS="~amd64 ~arm64"
# npm fetches the pinned dependencies, Bun's runtime among them, by the hashes of
# package-lock.json. A stripped executable is plain Bun: the program is appended.
RESTRICT="network-sandbox strip test"

RDEPEND="
	!sys-apps/bustd-bin
	elibc_musl? ( sys-devel/gcc:* )
"
BDEPEND="net-libs/nodejs[npm]"

CONFIG_CHECK="~PSI"
QA_FLAGS_IGNORED="usr/bin/bustd"
QA_PRESTRIPPED="usr/bin/bustd"

src_compile() {
	npm install --no-audit --no-fund || die
	npm run build || die
}

src_install() {
	DESTDIR="${D}" WITH="systemd openrc" packaging/install.sh dist/bustd || die
	mv "${ED}"/usr/share/doc/bustd "${ED}/usr/share/doc/${PF}" || die
}
