# Copyright 2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

EAPI=8

inherit linux-info

MY_P="bustd-v${PV}"
DESCRIPTION="Ends the right process just before Linux runs out of memory"
HOMEPAGE="https://github.com/OWNER/bustd"
BASE="https://github.com/OWNER/bustd/releases/download/v${PV}/${MY_P}"
SRC_URI="
	amd64? (
		elibc_glibc? ( ${BASE}-x86_64-linux-gnu.tar.gz )
		elibc_musl? ( ${BASE}-x86_64-linux-musl.tar.gz )
	)
	arm64? (
		elibc_glibc? ( ${BASE}-aarch64-linux-gnu.tar.gz )
		elibc_musl? ( ${BASE}-aarch64-linux-musl.tar.gz )
	)
"
S="${WORKDIR}"

LICENSE="MIT"
SLOT="0"
KEYWORDS="-* ~amd64 ~arm64"
# A stripped executable is plain Bun: the program is appended to the runtime.
RESTRICT="strip"
QA_PREBUILT="usr/bin/bustd"

RDEPEND="
	!sys-apps/bustd
	elibc_musl? ( sys-devel/gcc:* )
"

CONFIG_CHECK="~PSI"

src_install() {
	cd "${MY_P}"-* || die
	DESTDIR="${D}" WITH="systemd openrc" ./install.sh bustd || die
	mv "${ED}"/usr/share/doc/bustd "${ED}/usr/share/doc/${PF}" || die
}
