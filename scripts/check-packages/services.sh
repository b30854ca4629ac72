#!/bin/bash
# Inside the overlay, where bustd is installed with all services: OpenRC and runit start it, reload
# it, start it again when it is killed, and stop it. It kills nobody: --dry-run.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
. /checks.sh

again() { pgrep -x bustd | grep -vx "$1"; }
adj=$(sh -c 'echo -900 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj' 2>/dev/null)
[ "$adj" = -900 ] || echo "LEFT OUT: oom_score_adj, which root may not lower on this machine"
is_first() {
	local pid
	pid=$(pgrep -x bustd)
	[ "$(ps -o ni= -p "$pid") $(cat "/proc/$pid/oom_score_adj")" = "-20 $adj" ]
}

echo "== OpenRC"
mkdir -p /run/openrc
openrc sysinit >/dev/null 2>&1
touch /run/openrc/softlevel
echo 'BUSTD_OPTS="--dry-run"' >/etc/conf.d/bustd
check "starts it" rc-service bustd start
check "is told what it does" soon 10 grep -q "would act when" /var/log/bustd.out
check "puts it before others" is_first
rotate() { logrotate -f /etc/logrotate.d/bustd && [ -s /var/log/bustd.out.1 ]; }
check "its logs are rotated" rotate
check "reloads it" rc-service bustd reload
check "which it says" soon 10 grep -q "reading the configuration again" /var/log/bustd.out
pid=$(pgrep -x bustd)
kill -KILL "$pid"
check "starts it again when it is killed" soon 10 again "$pid"
echo "psi = 'many'" >/etc/bustd/bustd.toml
check "refuses to reload a broken configuration" refuses rc-service bustd reload
check "and it goes on" rc-service bustd status
check "stops it" rc-service bustd stop
check "for good" refuses pgrep -x bustd
check "refuses to start it with a broken configuration" refuses rc-service bustd start
: >/etc/bustd/bustd.toml
check "starts it at boot" rc-update add bustd default
check "starts it anew" rc-service bustd start
pid=$(soon 10 pgrep -x bustd)
check "apk's upgrade restarts it" sh /apk/.post-upgrade
check "which has another pid" soon 10 again "$pid"
check "apk's removal stops it" sh /apk/.pre-deinstall
check "for good" refuses pgrep -x bustd
check "and no longer starts it at boot" refuses grep -q bustd <(rc-update show default)

echo "== runit"
echo 'BUSTD_OPTS="--dry-run"' >/etc/sv/bustd/conf
runsv /etc/sv/bustd &
check "starts it" soon 10 grep -qs "would act when" /var/log/bustd/current
check "puts it before others" is_first
check "reloads it" sv hup /etc/sv/bustd
check "which it says" soon 10 grep -q "reading the configuration again" /var/log/bustd/current
pid=$(pgrep -x bustd)
kill -KILL "$pid"
check "starts it again when it is killed" soon 10 again "$pid"
check "stops it" sv stop /etc/sv/bustd
check "for good" refuses pgrep -x bustd
sv exit /etc/sv/bustd

echo "== dinit: its command alone, for Debian does not have dinit"
echo "dry-run = true" >/etc/bustd/bustd.toml
sed -n 's/^command = //p' /etc/dinit.d/bustd >/tmp/command
xargs -a /tmp/command setsid >/var/log/bustd.dinit 2>&1 &
check "starts it" soon 10 grep -q "would act when" /var/log/bustd.dinit
check "puts it before others" is_first
check "stops it" pkill -x bustd
check "for good" soon 10 refuses pgrep -x bustd
