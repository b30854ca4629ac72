#!/bin/bash
# Runs inside the machine, as a service of its own; each line `ok`/`FAIL` is a result.
exec >/dev/ttyS0 2>&1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive HOME=/root
. /checks.sh

property() { systemctl show -P "$1" bustd; }
logged() { journalctl -u bustd -b --no-pager | grep -q -- "$1"; }

echo "== $(systemctl --version | head -1), $(uname -r)"
check "the package installs" dpkg -i /bustd.deb
check "nothing is enabled" test "$(systemctl is-enabled bustd)" = disabled
check "nothing is started" test "$(systemctl is-active bustd)" = inactive
check "the unit starts and says that it is ready" systemctl start bustd
pid=$(property MainPID)
check "its state is told in words" grep -q "^Watching: acting when" <<<"$(property StatusText)"
property StatusText
check "systemd waits for incidents with it" systemctl -q is-active bustd-announce.path
check "it is found by its name" test "$(pgrep -x bustd)" = "$pid"
check "it runs as nobody known" test "$(stat -c %u "/proc/$pid")" -ge 61184
grep -E "^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp|VmLck|VmRSS|Threads)" "/proc/$pid/status"
check "its memory is locked" logged "memory pages locked"
check "it is woken within 1 s windows" logged "within 1000 ms"
check "its oom_score_adj is -900" grep -qx -- -900 "/proc/$pid/oom_score_adj"
check "its environment is empty but for its own" bash -c "! tr '\0' '\n' </proc/$pid/environ | grep -vE '^(BUSTD_|BUN_JSC_)'"
bustd status
# Its lines are folded.
check "root sees that it looks" bash -c 'bustd status | grep -q " looked .* ago"'

sed -e 's/^Type=.*/Type=oneshot/; s/^ExecStart=.*/ExecStart=-\/usr\/bin\/bustd doctor/' \
	-e '/^Restart/d; /^Watchdog/d; /^ExecReload/d' /usr/lib/systemd/system/bustd.service \
	>/run/systemd/system/doctor.service
systemctl daemon-reload
systemctl start doctor
journalctl -u doctor -b --no-pager -o cat | grep -E "ok|limited|broken|^ "
doctor_says() { journalctl -u doctor -b --no-pager -o cat | grep -Eq "$1"; }
check "doctor finds nothing broken in the unit" bash -c \
	'! journalctl -u doctor -b --no-pager -o cat | grep -q ^broken'
check "it may kill others in the unit" doctor_says "^ok +killing others"
check "it may lock memory in the unit" doctor_says "^ok +locking memory"
check "it may be woken within 1 s in the unit" doctor_says "^ok +PSI trigger"
check "it takes the daemon itself for no rival" doctor_says "^ok +other daemons +none"
check "doctor kills a child under this filter" bash -c \
	'journalctl -u doctor -b -o cat | grep -q "ok *killing  *a child"'

sed -e 's/^Type=.*/Type=oneshot/; s/^ExecStart=.*/ExecStart=\/usr\/bin\/bustd selftest/' \
	-e '/^Restart/d; /^Watchdog/d; /^ExecReload/d' /usr/lib/systemd/system/bustd.service \
	>/run/systemd/system/selftest.service
systemctl daemon-reload
check "selftest shows that kills work in the unit" systemctl start selftest
check "selftest shows it to root" bustd selftest

systemd-run --quiet --unit=ballast sh -c '{ head -c 100M /dev/zero; sleep 1000; } | tail'
soon 300 sh -c '[ "$(awk "/^VmRSS/ { print \$2 }" /proc/$(pidof tail)/status)" -gt 100000 ]'
flags="--config /dev/null --mem 100 --swap 100 --avoid ^sh$"
bustd -n --pid-file none --dry-run $flags >/dry.log 2>&1 &
soon 300 grep -q "would kill" /dry.log
kill $!
named=$(sed -n 's/.* would kill \(.*\) (pid \([0-9]*\), .*/\2 \1/p' /dry.log | head -1)
first=$(bustd victims $flags | awk 'NR == 2 { print $1, $2 }')
echo "a dry run names $named, victims shows $first"
check "victims and a dry run name the same process first" test "${named:-none}" = "$first"
systemctl stop ballast

check "it reloads" systemctl reload bustd
check "and says that it does" soon 300 logged "reading the configuration again"
check "with the same pid" test "$(property MainPID)" = "$pid"
check "and is active" soon 300 sh -c '[ "$(systemctl is-active bustd)" = active ]'
echo "psi = 'many'" >/etc/bustd/bustd.toml
systemctl reload bustd
check "a broken configuration is refused" soon 300 logged "the old one stays in force"
check "and it goes on" soon 300 systemctl -q is-active bustd
: >/etc/bustd/bustd.toml

of_status() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid/status"; } # kB
rss_at_most() { [ "$(of_status VmRSS)" -le "$1" ]; }
pid=$(property MainPID)
soon 300 rss_at_most 10000
rest=$(of_status VmRSS)
errors=$(journalctl -u bustd -b -p err | wc -l)
trace=/sys/kernel/tracing
echo 1 | tee $trace/events/syscalls/sys_exit_m{un,}lockall/enable >/dev/null
systemd-run --quiet --unit=hog -p OOMScoreAdjust=500 tail /dev/zero
check "it kills a hog" soon 600 logged "killing tail"
check "the hog is gone" soon 300 bash -c '! pidof tail'
crisis=$(of_status VmRSS)
journalctl -u bustd | grep kill | head -4
line="killing tail \(pid [0-9]+, user 0, hog.service, RSS .* \(rule [a-z]+\): .* \(limit .*; (next|nobody) would be"
found() { journalctl -u bustd | grep kill | grep -qE "$1"; }
check "the README's command finds when, who, why and who would be next" \
	found "^[A-Z][a-z]{2} [0-9 ]{2} [0-9:]{8} .*: $line"
check "and when memory was back" found "killed tail \(pid [0-9]+\) by SIG[A-Z]+: gone after .* MemAvailable is"
check "the kernel had nothing to do" bash -c '! journalctl -k -b | grep -q "Out of memory"'
property StatusText
# A crisis is over a minute later, when hardly any task waits: it starts again in place, which tries
# whether it may lock its memory, trims and locks.
has_locked_again() {
	grep -o "bustd-$pid .*" $trace/trace | sed 's/.*: //' >/locks
	[ "$(cat /locks)" = $'sys_mlockall -> 0x0\nsys_munlockall -> 0x0\nsys_mlockall -> 0x0' ]
}
check "it locks its memory anew, once, after the crisis" soon 600 has_locked_again
cat /locks
sleep 5
limit=$((crisis > rest ? (crisis + rest) / 2 + 64 : rest + 64))
echo "resident: $rest kB at rest, $crisis kB in the crisis, $(of_status VmRSS) kB after it"
check "and is small again" rss_at_most $limit
bustd explain last
check "root reads who was killed" bash -c 'bustd explain last | grep -q "^tail (pid"'
check "with its memory locked" test "$(of_status VmLck)" -gt "$rest"
check "with the same pid" test "$(property MainPID)" = "$pid"
check "active, never started again" test "$(property ActiveState) $(property NRestarts)" = "active 0"
check "it logs no error" test "$(journalctl -u bustd -b -p err | wc -l)" -eq "$errors"

echo "== hooks and notices"
notices() { (cd /run/bustd-notices && ls -- *[0-9].json 2>&1); }
check "root's own process is no user's business" refuses notices
useradd -u 1000 alice
useradd -u 1001 bob
cat >/usr/local/sbin/note <<'END'
#!/bin/sh
echo "$BUSTD_EVENT $BUSTD_COMM $BUSTD_USER $(id -un) $(grep -c '"comm":"tail"')" >>"/notes/$1"
END
chmod 755 /usr/local/sbin/note
install -m 1777 -d /notes
cat >/etc/bustd/bustd.toml <<'END'
[[hook]]
on = "killed"
run = ["/usr/local/sbin/note", "as-root"]
[[hook]]
on = ["killed", "recovered"]
run = ["/usr/local/sbin/note", "as-bob"]
user = "bob"
[[hook]]
on = "killed"
run = ["/usr/local/sbin/none"]
END
check "check-config tells which hook would not run" grep -q "none: there is no such file" \
	<(bustd check-config 2>&1)
systemctl reload bustd
before=$(journalctl -u bustd -b | grep -c "killed tail")
killed_another() { [ "$(journalctl -u bustd -b | grep -c "killed tail")" -gt "$before" ]; }
systemd-run --quiet --unit=hog-of-alice -p User=alice -p OOMScoreAdjust=500 tail /dev/zero
check "it kills a hog of alice's" soon 600 killed_another
check "a hook is told of it" soon 300 test -s /notes/as-root
hooks_ran() {
	[ "$(cat /notes/as-root 2>/dev/null)" = "killed tail alice root 1" ] &&
		[ "$(cat /notes/as-bob 2>/dev/null)" = $'killed tail alice bob 1\nrecovered tail alice bob 1' ]
}
check "and another one as bob" soon 300 hooks_ran
# The incident is written once more, 6 s after the first time.
sleep 15
check "once each" hooks_ran
cat /notes/as-*
check "a missing one is said" bash -c 'journalctl -u bustd-announce -b |
	grep -q "hook /usr/local/sbin/none failed for killed, .*: there is no such file"'
journalctl -u bustd-announce -b -o cat | grep ^bustd
check "a notice is left for alice and nobody else" test "$(notices)" = 1000.json
check "which is hers alone" test "$(stat -c '%u %a' /run/bustd-notices/1000.json)" = "1000 400"
as() { setpriv --reuid="$1" --regid="$1" --clear-groups grep -q '"comm":"tail"' /run/bustd-notices/1000.json; }
check "she reads who was killed" as 1000
check "bob cannot" refuses as 1001
check "nor the daemon's own user" refuses as "$(stat -c %u "/proc/$pid")"
check "nothing stays" test "$(systemctl is-active bustd-announce.service) $(pgrep -xc bustd)" = "inactive 1"
check "and nothing failed" test "$(systemctl is-failed bustd-announce.service)" = inactive
echo "$(journalctl -u bustd-announce -b -o cat | grep -c Starting) starts of bustd-announce.service"

# The limit is so near, and the leak so slow, that it is a minute or two away.
available=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
cat >/etc/bustd/bustd.toml <<END
warn = true
mem = "$((available - 300))M,100M"
[[hook]]
on = "warned"
run = ["/usr/local/sbin/note", "warned"]
END
check "a limit may be a size" bustd check-config
systemctl reload bustd
starts_before=$(journalctl -u bustd-announce -b -o cat | grep -c Starting)
systemd-run --quiet --unit=leak-of-alice -p User=alice -p OOMScoreAdjust=500 \
	sh -c 'while head -c 1M /dev/zero; do sleep 0.25; done | tail'
who="tail (pid [0-9]*, user 1000, leak-of-alice.service"
check "it warns of a leak of alice's" soon 600 \
	logged "warning: memory will be at its limit in about .* by $who"
check "a hook is told of that" soon 300 grep -qx "warned tail alice root 1" /notes/warned
check "before anybody is killed" refuses logged "killing $who"
systemctl stop leak-of-alice
sleep 15
check "once" test "$(wc -l </notes/warned)" = 1
journalctl -u bustd-announce -b -o cat | grep ^bustd | tail -3
check "nothing stays of that either" test "$(systemctl is-active bustd-announce.service) $(pgrep -xc bustd)" = "inactive 1"
journalctl -u bustd -b -o cat | grep "warning:" | tail -1
echo "$(($(journalctl -u bustd-announce -b -o cat | grep -c Starting) - starts_before)) starts for it"

kill -STOP "$pid"
check "the watchdog ends it when its loop stands still" soon 600 bash -c \
	"[ \"\$(systemctl show -P MainPID bustd)\" != $pid ]"
check "and it comes back" soon 300 bash -c '[ "$(systemctl is-active bustd)" = active ]'
check "because of the watchdog" bash -c 'journalctl -u bustd -b | grep -iq watchdog'

pid=$(property MainPID)
check "an upgrade" dpkg -i /bustd.deb
check "starts it anew" soon 300 bash -c \
	"[ \"\$(systemctl show -P MainPID bustd)\" != $pid ] && systemctl -q is-active bustd"
systemctl enable --quiet bustd
check "systemd waits for incidents again" systemctl -q is-active bustd-announce.path
check "purge" apt-get purge -y -qq bustd
check "leaves no file" bash -c \
	'! find / -xdev \( -path /sys -o -path /proc -o -path /var/log/journal -o -path /bustd.deb -o -path /tmp \) -prune -o -name "*bustd*" -print | grep .'
check "nor a running process" bash -c '! pidof bustd'
check "nor a unit" bash -c '! systemctl list-units --all --no-legend | grep bustd'
check "nor notices" refuses test -e /run/bustd-notices
check "nor a user" bash -c '! getent passwd bustd'
echo "== end"
systemctl poweroff --force --force
