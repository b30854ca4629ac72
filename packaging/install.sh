#!/bin/sh
# Installs the executable and what belongs to it; for people, and for all packages.
#   [DESTDIR=...] [PREFIX=/usr] ./install.sh [EXECUTABLE]
#   WITH="systemd openrc" is what else to install; systemd alone if not given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here # of an archive; in the sources this script is one below
[ -e "$top/LICENSE" ] || top=$here/..
executable=${1:-$here/bustd}
destdir=${DESTDIR:-}
prefix=${PREFIX:-/usr}
with=${WITH-systemd}

put() { # MODE FILE DIRECTORY [NAME]
	mkdir -p "$destdir$3"
	install -m "$1" "$2" "$destdir$3/${4:-$(basename "$2")}"
}

put 755 "$executable" "$prefix/bin" bustd
put 644 "$here/man/bustd.8" "$prefix/share/man/man8"
put 644 "$here/man/bustd.toml.5" "$prefix/share/man/man5"
put 644 "$here/completions/bustd.bash" "$prefix/share/bash-completion/completions" bustd
put 644 "$here/completions/_bustd" "$prefix/share/zsh/site-functions"
put 644 "$here/completions/bustd.fish" "$prefix/share/fish/vendor_completions.d"
put 644 "$top/README.md" "$prefix/share/doc/bustd"
put 644 "$here/systemd/alone.conf" "$prefix/share/doc/bustd/examples"
put 644 "$here/bustd.toml" "$prefix/share/doc/bustd/examples"
# Never over a file that somebody has changed.
if [ -n "$destdir" ] || [ ! -e /etc/bustd/bustd.toml ]; then
	put 644 "$here/bustd.toml" /etc/bustd
fi
for system in $with; do
	case $system in
	systemd)
		put 644 "$here/systemd/bustd.service" "$prefix/lib/systemd/system"
		put 644 "$here/systemd/bustd-user.service" "$prefix/lib/systemd/user" bustd.service
		put 644 "$here/systemd/80-bustd.preset" "$prefix/lib/systemd/system-preset"
		;;
	openrc)
		put 755 "$here/openrc/bustd.initd" /etc/init.d bustd
		put 644 "$here/openrc/bustd.confd" /etc/conf.d bustd
		;;
	runit)
		put 755 "$here/runit/run" /etc/sv/bustd
		put 755 "$here/runit/log/run" /etc/sv/bustd/log
		;;
	dinit) put 644 "$here/dinit/bustd" /etc/dinit.d ;;
	*)
		echo "install.sh: unknown: $system" >&2
		exit 2
		;;
	esac
done
