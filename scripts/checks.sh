# shellcheck shell=bash
# What the checks of packages have in common; to be sourced by bash.
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Says whether a command succeeds, in a line `ok` or `FAIL`, and then what it said.
check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >"$said" 2>&1; then echo "ok   $what"; else
		echo "FAIL $what"
		sed 's/^/     | /' "$said"
	fi
}
soon() { # SECONDS COMMAND...
	local until=$((SECONDS + $1))
	shift
	while ((SECONDS < until)); do
		"$@" && return
		sleep 0.5
	done
	return 1
}
refuses() { ! "$@"; }
