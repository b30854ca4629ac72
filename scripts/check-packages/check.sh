#!/bin/bash
# RELEASE VERSION: installs and removes the packages of a release folder on an overlay of this
# system, which is gone at the end. Each line `ok`/`FAIL` is a result.
release=$1 version=$2
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
# Of the npx that may have started this: makepkg's npm is another user's.
unset "${!npm_@}"
. "$(dirname "$0")/../checks.sh"

inside() { chroot "$root" "$@"; }
starts() { [ "$(inside /usr/bin/bustd --version)" = "bustd $version" ]; }
leaves() { # FILE... are all that is left of it, beside those that were here before
	inside find /etc /run /usr /var -xdev -name '*bustd*' | sort >"$work/left"
	{ cat "$work/before"; (($#)) && printf '%s\n' "$@"; } | sort | diff - "$work/left"
}
makepkg_here() { # PACKAGE
	local recipe=$root/packages/aur/$1
	cp "$release/bustd-$version.tar.gz" "$recipe"
	cp "$release/bustd-v$version-x86_64-linux-gnu.tar.xz" "$recipe"
	chown -R 65534:65534 "$root/packages"
	inside setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/packages bash -c \
		"cd /packages/aur/$1 && makepkg --printsrcinfo | diff - .SRCINFO && makepkg -d --noconfirm" &&
		made=$(cd "$root" && ls packages/aur/"$1"/"$1-$version"-*.pkg.tar.*)
}
pacman_here() { inside pacman --noconfirm "$@"; }

work=$(mktemp -d)
mount -t tmpfs none "$work"
root=$work/root
mkdir "$work/upper" "$work/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" overlay "$root"
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
# What runs on this system leaves there is not ours.
mount -t tmpfs none "$root/run"
mkdir "$root/packages"
cp "$release"/*.deb "$release"/*.rpm "$release"/*.pkg.tar.zst "$root/packages"
cp -r "$release/aur" "$root/packages"
# What a bustd that ran on this system left goes with a purge, as it should.
rm -rf "$root"/var/lib/bustd "$root"/var/log/bustd*
inside find /etc /run /usr /var -xdev -name '*bustd*' >"$work/before"

echo "== deb"
check "lintian is content" lintian --allow-root --fail-on=error,warning "$release"/*.deb
check "installs" inside dpkg -i "/packages/bustd_$version-1_amd64.deb"
check "starts" starts
check "is whole" inside dpkg -V bustd
check "has a manual page" inside man -w bustd
echo "psi = 3" >>"$root/etc/bustd/bustd.toml"
check "is removed" inside dpkg -r bustd
check "leaves its changed configuration" leaves /etc/bustd /etc/bustd/bustd.toml \
	/etc/logrotate.d/bustd /etc/xdg/autostart/bustd-notify.desktop /var/lib/dpkg/info/bustd.list /var/lib/dpkg/info/bustd.postrm
check "is purged" inside dpkg -P bustd
check "leaves nothing" leaves

echo "== deb into another root"
other=$root/other
mkdir -p "$other"/var/lib/dpkg/{info,updates}
: >"$other/var/lib/dpkg/status"
elsewhere() { inside dpkg --root=/other --force-depends --force-script-chrootless "$@"; }
touch "$root/run/bustd.pid"
check "installs" elsewhere -i "/packages/bustd_$version-1_amd64.deb"
check "is purged" elsewhere -P bustd
check "leaves this one alone" leaves /run/bustd.pid
rm "$root/run/bustd.pid"
check "leaves nothing there" bash -c "! find '$other' -name '*bustd*' | grep ."

echo "== rpm"
check "rpmlint is content" rpmlint -c packaging/scripts/rpmlint.toml "$release"/*.rpm
check "installs" inside rpm -i --force-debian --nodeps "/packages/bustd-$version-1.x86_64.rpm"
check "starts" starts
check "is whole" inside rpm -V --nodeps bustd
echo "psi = 3" >>"$root/etc/bustd/bustd.toml"
check "is removed" inside rpm -e bustd
check "saves its changed configuration" leaves /etc/bustd /etc/bustd/bustd.toml.rpmsave
rm -r "$root/etc/bustd"

mkdir -p "$root"/var/lib/pacman/{local,sync}
echo "== pkg.tar.zst"
check "installs" pacman_here -Udd "/packages/bustd-$version-1-x86_64.pkg.tar.zst"
check "starts" starts
check "is whole" pacman_here -Qk bustd
check "is removed" pacman_here -Rndd bustd
check "leaves nothing" leaves
for name in bustd-bin bustd; do
	echo "== AUR: $name"
	check "makepkg makes a package, and its .SRCINFO is right" makepkg_here "$name"
	check "installs" pacman_here -Udd "/$made"
	check "starts" starts
	check "is whole" pacman_here -Qkk "$name"
	check "is removed" pacman_here -Rndd "$name"
	check "leaves nothing" leaves
done

. "$(dirname "$0")/foreign.sh"

mkdir "$root/archive"
tar -xf "$release/bustd-v$version-x86_64-linux-gnu.tar.xz" --strip-components=1 -C "$root/archive"
# Packages of services start nothing here; invoke-rc.d(8)
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
all="systemd openrc runit dinit"
# Not where people, and what else runs on this system, may write meanwhile.
every_file() { inside find /boot /etc /opt /srv /usr /var -xdev -path /var/tmp -prune -o -print | sort; }
echo "== archive, PREFIX=/usr/local, on a system that systemd seems to run"
mkdir -p "$root/run/systemd/system" "$root/stub"
printf '#!/bin/sh\necho "$@" >>/run/told\n' >"$root/stub/systemctl"
chmod +x "$root/stub/systemctl"
local_install() { inside env PATH="/stub:$PATH" PREFIX=/usr/local "$@"; }
every_file >"$work/before-archive"
check "installs" local_install WITH="$all" /archive/install.sh
check "tells systemd" grep -qx daemon-reload "$root/run/told"
check "starts" inside sh -c \
	"\$(sed -n 's/^ExecStart=//p' /usr/local/lib/systemd/system/bustd.service | cut -d ' ' -f 1) --version"
check "is removed" local_install /archive/install.sh --uninstall
check "after it was stopped" grep -qx "disable --now bustd.service" "$root/run/told"
check "leaves exactly what was there" diff "$work/before-archive" <(every_file)
rm -r "$root/run/systemd" "$root/run/told" "$root/stub"
echo "== archive"
check "installs with all services" inside env WITH="$all" /archive/install.sh
check "starts" starts
check "apt-get brings OpenRC, runit and logrotate" \
	inside apt-get install -y -qq --no-install-recommends openrc runit logrotate
cp "$(dirname "$0")/services.sh" "$(dirname "$0")/../checks.sh" "$root"
cp -r "$work/apk" "$root"
inside bash /services.sh
echo "== archive"
inside /archive/install.sh --uninstall >"$work/kept"
check "is removed, and says what is kept" diff "$work/kept" - <<END
kept /etc/bustd/bustd.toml, which was changed
kept /etc/conf.d/bustd, which was changed
END
check "leaves that, and what the services made" leaves /etc/bustd /etc/bustd/bustd.toml \
	/etc/conf.d/bustd /etc/sv/bustd /run/bustd /var/lib/bustd /var/log/bustd \
	/var/log/bustd.dinit /var/log/bustd.err /var/log/bustd.out /var/log/bustd.out.1
umount -l "$work"
rmdir "$work"
