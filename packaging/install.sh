#!/bin/sh
# Installs the executable and what belongs to it, and removes it again; for people, and for all
# packages. ./install.sh --help
set -eu
umask 022
export LC_ALL=C

usage() {
	cat <<'END'
Usage: ./install.sh [--no-record] [EXECUTABLE]
       ./install.sh --uninstall [--purge]
Installs bustd, or removes it. It starts nothing, and enables no daemon.
  EXECUTABLE     what to install; without it, the bustd beside this script
  --uninstall    stop the service of systemd or OpenRC, and remove exactly what
                 was installed with the same PREFIX and DESTDIR, but for files
                 below /etc that were changed
  --purge        with --uninstall: remove those as well
  --no-record    for packages, whose manager knows their files: write no list of
                 them, which --uninstall would need
From the environment:
  PREFIX=/usr    or /usr/local, or any other place
  DESTDIR=       a directory to install into in place of the system's root
  WITH=systemd   which services to install, of systemd, openrc, runit and dinit,
                 such as WITH="openrc runit"; WITH= for none
END
}
die() { # SENTENCE [EXIT-CODE]
	echo "install.sh: $1" >&2
	exit "${2:-1}"
}

here=$(cd "$(dirname "$0")" && pwd)
top=$here # of an archive; in the sources this script is one below
[ -e "$top/LICENSE" ] || top=$here/..
executable=$here/bustd
destdir=${DESTDIR:-}
prefix=${PREFIX:-/usr}
prefix=${prefix%/}
with=${WITH-systemd}
action=install purge='' record=$prefix/share/bustd/installed
for word; do
	case $word in
	--help | -h) usage && exit ;;
	--uninstall) action=uninstall ;;
	--purge) purge=yes ;;
	--no-record) record= ;;
	-*) die "there is no option $word; see --help" 2 ;;
	*) executable=$word ;;
	esac
done
case $prefix in
*[!A-Za-z0-9._/+-]*) die "PREFIX may hold letters, digits and . _ / + - only: $prefix" 2 ;;
/* | '') ;;
*) die "PREFIX must begin with a /: $prefix" 2 ;;
esac
for system in $with; do
	case $system in
	systemd | openrc | runit | dinit) ;;
	*) die "WITH may name systemd, openrc, runit and dinit, not $system" 2 ;;
	esac
done
[ -z "$purge" ] || [ "$action" = uninstall ] || die "--purge goes with --uninstall; see --help" 2

# Where systemd looks for units: not below any other prefix. systemd.unit(5)
case $prefix in
/usr | /usr/local) units=$prefix/lib/systemd ;;
*) units=/etc/systemd ;;
esac
is_live() { # whether this is the system that runs here, and systemd runs it
	[ -z "$destdir" ] && [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ]
}

# The record has a line for each directory that was made, and for each file: with its checksum if it
# lies below /etc, where somebody may change it.
pending=''
note() { # LINE
	[ -n "$record" ] || return 0
	pending="$pending$1
"
	[ -d "$destdir${record%/*}" ] || return 0
	printf '%s' "$pending" >>"$destdir$record"
	pending=''
}
recorded() { # prints checksum and path of each file; the last line about one holds
	[ -z "$record" ] || [ ! -e "$destdir$record" ] ||
		awk '$1 == "file" { sum[$3] = $2 } END { for (path in sum) print sum[path], path }' \
			"$destdir$record" | sort -k 2
}
checksum() { sha256sum <"$1" | cut -d ' ' -f 1; }
is_unchanged() { # PATH: whether it is as it was installed
	[ "$(recorded | awk -v path="$1" '$2 == path { print $1 }')" = "$(checksum "$destdir$1")" ]
}

make_directory() { # PATH
	[ ! -d "$destdir$1" ] || return 0
	if [ -z "$1" ]; then
		mkdir -p "$destdir"
	else
		make_directory "${1%/*}"
		mkdir "$destdir$1"
		note "directory $1"
	fi
}
put() { # MODE FILE DIRECTORY [NAME]; the directory below PREFIX, or /etc
	path=$3/${4:-${2##*/}}
	sum=-
	case $path in
	/etc/*)
		if [ -e "$destdir$path" ] && ! is_unchanged "$path"; then
			echo "kept $destdir$path, which was there"
			return
		fi
		;;
	esac
	make_directory "$3"
	# Under a name of its own first: what runs, or is read, is never half a file.
	if [ "$2" = "$executable" ]; then cp "$2" "$destdir$path.new"; else
		sed "s|/usr/bin/bustd|$prefix/bin/bustd|g" "$2" >"$destdir$path.new"
	fi
	chmod "$1" "$destdir$path.new"
	case $path in /etc/*) sum=$(checksum "$destdir$path.new") ;; esac
	note "file $sum $path"
	mv -f "$destdir$path.new" "$destdir$path"
}

put_link() { # TARGET DIRECTORY; the target from there
	make_directory "$2"
	note "file - $2/${1##*/}"
	ln -sfn "$1" "$destdir$2/${1##*/}"
}

install_all() {
	[ -f "$executable" ] || die "there is no executable $executable; build it, or name it"
	if [ -n "$record" ] && [ ! -e "$destdir$record" ] && [ -e "$destdir$prefix/bin/bustd" ]; then
		die "$destdir$prefix/bin/bustd belongs to somebody else, a package perhaps; remove that \
first, or choose another PREFIX"
	fi
	[ -z "$record" ] || make_directory "${record%/*}"
	put 755 "$executable" "$prefix/bin" bustd
	for page in "$here"/man/*; do
		put 644 "$page" "$prefix/share/man/man${page##*.}"
	done
	put 644 "$here/completions/bustd.bash" "$prefix/share/bash-completion/completions" bustd
	put 644 "$here/completions/_bustd" "$prefix/share/zsh/site-functions"
	put 644 "$here/completions/bustd.fish" "$prefix/share/fish/vendor_completions.d"
	put 644 "$top/LICENSE" "$prefix/share/licenses/bustd"
	put 644 "$here/THIRD-PARTY-NOTICES" "$prefix/share/licenses/bustd"
	put 644 "$top/README.md" "$prefix/share/doc/bustd"
	put 644 "$here/systemd/alone.conf" "$prefix/share/doc/bustd/examples"
	for hook in "$here"/hooks/*; do
		put 644 "$hook" "$prefix/share/doc/bustd/examples/hooks"
	done
	put 644 "$here/bustd.toml" "$prefix/share/doc/bustd/examples"
	put 644 "$here/bustd.toml" /etc/bustd
	put 644 "$here/desktop/bustd.desktop" "$prefix/share/applications"
	put 644 "$here/desktop/bustd-notify.desktop" /etc/xdg/autostart
	# Only the daemon itself opens its files anew; a supervisor, whose they are, does not.
	case " $with " in
	*" openrc "* | *" dinit "*) put 644 "$here/logrotate/supervised" /etc/logrotate.d bustd ;;
	*) put 644 "$here/logrotate/bustd" /etc/logrotate.d ;;
	esac
	for system in $with; do
		install_service "$system"
	done
	tell_systemd
}
tell_systemd() { # that units and the catalogue of messages are others now
	! is_live || { systemctl daemon-reload && journalctl --update-catalog || true; }
}
install_service() { # SYSTEM
	case $1 in
	systemd)
		put 644 "$here/systemd/bustd.service" "$units/system"
		put 644 "$here/systemd/bustd-user.service" "$units/user" bustd.service
		for name in bustd-notify.path bustd-notify.service; do
			put 644 "$here/systemd/$name" "$units/user"
			put_link "../$name" "$units/user/graphical-session.target.wants"
		done
		put 644 "$here/systemd/80-bustd.preset" "$units/system-preset"
		put 644 "$here/systemd/bustd-announce.path" "$units/system"
		put 644 "$here/systemd/bustd-announce.service" "$units/system"
		put 644 "$here/systemd/bustd-metrics.service" "$units/system"
		put 644 "$here/systemd/bustd-metrics.timer" "$units/system"
		put 644 "$here/systemd/bustd.catalog" "$units/catalog"
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
	esac
}

uninstall_all() {
	if [ -z "$record" ] || [ ! -e "$destdir$record" ]; then
		die "this script installed nothing below $destdir$prefix: was it another PREFIX or \
DESTDIR, or a package?"
	fi
	files=$(recorded)
	directories=$(sed -n 's/^directory //p' "$destdir$record" | sort -ru)
	stop_services
	echo "$files" | while read -r sum path; do
		if [ -L "$destdir$path" ]; then
			rm "$destdir$path"
		elif [ ! -e "$destdir$path" ]; then
			continue
		elif [ "$sum" != - ] && [ -z "$purge" ] && [ "$sum" != "$(checksum "$destdir$path")" ]; then
			echo "kept $destdir$path, which was changed"
		else
			rm "$destdir$path"
		fi
	done
	rm "$destdir$record"
	for path in $directories; do
		# Not where somebody has put files of their own.
		rmdir "$destdir$path" 2>/dev/null || true
	done
	tell_systemd
}
stop_services() { # those that are installed here
	if is_live; then
		case $files in
		*/system/bustd.service*)
			systemctl disable --now bustd.service || true
			systemctl stop bustd-announce.path bustd-announce.service || true
			;;
		esac
	fi
	[ -z "$destdir" ] || return 0
	case $files in
	*/etc/init.d/bustd*)
		! command -v rc-service >/dev/null || rc-service --quiet --ifstarted bustd stop || true
		! command -v rc-update >/dev/null || rc-update -q del bustd 2>/dev/null || true
		;;
	esac
}

"${action}_all"
