# shellcheck shell=bash
# Part of check.sh: packages whose tools Debian does not have. Alpine's is taken apart; the phases
# of Gentoo's recipes run with stand-ins for Portage.

apk=$release/bustd-$version-r0-x86_64.apk
data_of_apk() { # from its second gzip stream on
	local LC_ALL=C second
	second=$(grep -obUaP '\x1f\x8b\x08' "$apk" | sed -n '2s/:.*//p')
	tail -c "+$((second + 1))" "$apk"
}
has_datahash() {
	grep -qx "datahash = $(data_of_apk | sha256sum | cut -d ' ' -f 1)" "$work/apk/.PKGINFO"
}
has_checksums() {
	data_of_apk | gzip -dc | grep -ao 'APK-TOOLS.checksum.SHA1=.*' | cut -d = -f 2 >"$work/sums"
	data_of_apk | tar -tz | grep -v '/$' | (cd "$work/apk" && xargs sha1sum) | cut -d ' ' -f 1 |
		diff - "$work/sums"
}
has_executable() {
	local name=bustd-v$version-x86_64-linux-musl
	tar -xOf "$release/$name.tar.xz" "$name/bustd" |
		cmp - "$work/apk/usr/bin/bustd"
}
echo "== apk"
mkdir "$work/apk"
check "can be unpacked" tar -xzf "$apk" -C "$work/apk" --warning=no-unknown-keyword
check "names the checksum of its data" has_datahash
check "names the checksum of each file" has_checksums
check "holds the executable for musl" has_executable

in_ebuild() ( # PACKAGE COMMAND...
	set -e
	PV=$version P=$1-$version PF=$1-$version WORKDIR=$work/gentoo/$1 ED=$work/gentoo/$1-image
	# shellcheck disable=SC2034 # read by the recipe
	D=$ED S=$WORKDIR/$P
	inherit() { [ "$*" = linux-info ]; }
	die() { exit 1; }
	# shellcheck source=/dev/null
	. "$release/guru/sys-apps/$1/$PF.ebuild"
	shift
	"$@"
)
files_of_ebuild() {
	local word
	for word in $SRC_URI; do
		case $word in https://*) echo "${word##*/}" ;; esac
	done
}
has_manifest() { # PACKAGE
	local manifest=$release/guru/sys-apps/$1/Manifest file size blake sha
	in_ebuild "$1" files_of_ebuild | sort | diff - <(cut -d ' ' -f 2 "$manifest" | sort) || return
	while read -r _ file size _ blake _ sha; do
		[ "$(stat -c %s "$release/$file")" = "$size" ] &&
			b2sum -c <<<"$blake  $release/$file" && sha512sum -c <<<"$sha  $release/$file" || return
	done <"$manifest"
}
phases() {
	mkdir -p "$WORKDIR" "$ED"
	tar -xf "$release/$1" -C "$WORKDIR"
	cd "$S"
	! declare -F src_compile >/dev/null || src_compile
	src_install
}
installs() { # PACKAGE: what the archive installs
	(cd "$work/gentoo/$1-image" && find . -type f | sed "s/$1-$version/bustd/") | sort >"$work/files"
	(cd "$work/gentoo/archive" && find . -type f) | sort | diff - "$work/files"
}
runs_image() { [ "$("$work/gentoo/$1-image/usr/bin/bustd" --version)" = "bustd $version" ]; }
archive=bustd-v$version-x86_64-linux-gnu
mkdir "$work/gentoo"
tar -xf "$release/$archive.tar.xz" -C "$work/gentoo"
DESTDIR=$work/gentoo/archive WITH="systemd openrc" "$work/gentoo/$archive/install.sh" --no-record
for name in bustd-bin bustd; do
	echo "== GURU: $name"
	check "its Manifest is right" has_manifest "$name"
	sources=$archive.tar.xz
	[ "$name" = bustd-bin ] || sources=bustd-$version.tar.gz
	check "its phases run" in_ebuild "$name" phases "$sources"
	check "it installs what the archive does" installs "$name"
	check "starts" runs_image "$name"
done
