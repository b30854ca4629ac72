#!/bin/bash
# ROOT VERSION MACHINE [EMULATOR]: runs ROOT/usr/bin/bustd in namespaces of its own, where nothing
# else runs but a program that holds memory. Each line `ok`/`FAIL` is a result.
root=$1 version=$2 machine=$3 emulator=${4:-}
work=$(mktemp -d)
. "$(dirname "$0")/../checks.sh"

bustd() { timeout 60 chroot "$root" /usr/bin/bustd "$@"; }
says() { # TEXT COMMAND...
	local text=$1
	shift
	"$@" 2>&1 | tee /dev/stderr | grep -q -- "$text"
}
logs() { # TEXT FLAGS...
	local text=$1 until=$((SECONDS + 60)) pid found=1
	shift
	timeout -s KILL 90 chroot "$root" /usr/bin/bustd --no-daemon "$@" >"$work/log" 2>&1 &
	pid=$!
	while ((SECONDS < until)) && kill -0 $pid 2>/dev/null; do
		grep -q -- "$text" "$work/log" && found=0 && break
		sleep 0.2
	done
	kill $pid
	wait $pid || found=1
	cat "$work/log"
	return $found
}
works() { # it may be limited here, but not broken
	bustd doctor --json
	(($? < 2))
}

mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
if [ -n "$emulator" ]; then
	# Of this user namespace alone, since Linux 6.7; ELF's header and aarch64's number.
	misc=$root/proc/sys/fs/binfmt_misc
	mount -t binfmt_misc none "$misc"
	bytes='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
	mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
	printf '%s' ":$machine:M::$bytes:$mask:$emulator:POCF" >"$misc/register"
fi
{ head -c 200000000 /dev/zero; sleep 600; } | tail -c 200000000 >/dev/null &
sleep 1
check "it is of this version" says "^bustd $version\$" bustd --version
check "it reads the configuration" bustd check-config
check "it sees who holds memory" says '"name": *"tail"' bustd victims --json
check "doctor finds nothing broken" works
check "it says that it runs on $machine" logs "($machine)" --dry-run
check "it would kill who holds memory" logs "dry run, would kill tail" --dry-run -m 100 -s 100
check "selftest shows that kills work" bustd selftest
check "it kills who holds memory" logs "killed tail (pid [0-9]*) by SIG" -m 100 -s 100
grep -E " (killing|killed) " "$work/log"
rm -r "$work"
