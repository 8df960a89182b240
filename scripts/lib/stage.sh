# SPDX-License-Identifier: MIT
#
# stage.sh, sourced by scripts/check: run one stage, print one line about it, count what it ran.
#
# A stage is a command. one() counts it as one; tests() is a run of meson test and counts its cases;
# counted() is a program whose last line is "N passed, N failed, N skipped". Each adds to a kind of
# things (test cases, proofs ...): summary() prints the kinds apart and the sum last.
#
# The caller sets: logs (a folder for the stages' output), only (words: run only stages whose name
# has one of them; empty: all of them).

declare -A kind_passed=() kind_failed=() kind_skipped=()
kinds=() last_failed=0

# Microseconds since some time ago, and the seconds since such a moment as 1.2.
now() { echo "${EPOCHREALTIME/[^0-9]/}"; }
since() {
	local tenths=$((($(now) - $1) / 100000))
	echo "$((tenths / 10)).$((tenths % 10))"
}

# verdict WORD NAME START_TIME
verdict() { printf '%-5s %-66s %6s s\n' "$1" "$2" "$(since "$3")"; }

show() { sed 's/^/    | /' "$1"; }

# is_wanted NAME: whether --only asks for this stage.
is_wanted() {
	local word
	[ -n "$only" ] || return 0
	for word in $only; do
		[[ $1 != *"$word"* ]] || return 0
	done
	return 1
}

log_of() { echo "$logs/${1//[^a-z0-9-]/_}"; }

# add KIND PASSED FAILED SKIPPED
add() {
	[ -n "${kind_passed[$1]:-}" ] || kinds+=("$1")
	kind_passed[$1]=$((${kind_passed[$1]:-0} + $2))
	kind_failed[$1]=$((${kind_failed[$1]:-0} + $3))
	kind_skipped[$1]=$((${kind_skipped[$1]:-0} + $4))
}

# count KIND LINE: add "N passed, N failed, N skipped" to a kind.
count() {
	[[ $2 =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]] || return 1
	add "$1" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
	last_failed=${BASH_REMATCH[2]}
}

# one KIND NAME COMMAND...: a stage that counts as one by its exit status; 77: it cannot run here.
# Returns the exit status, and 0 without running anything when --only asks for other stages.
one() {
	local kind=$1 name=$2 start ret log
	shift 2
	is_wanted "$name" || return 0
	start=$(now) log=$(log_of "$name").log
	"$@" >"$log" 2>&1 </dev/null
	ret=$?
	case $ret in
	0) verdict ok "$name" "$start" && add "$kind" 1 0 0 ;;
	77) verdict skip "$name" "$start" && show "$log" && add "$kind" 0 0 1 ;;
	*) verdict FAIL "$name" "$start" && show "$log" && add "$kind" 0 1 0 ;;
	esac
	return $ret
}

# tests NAME DIR [--brief] MESON_TEST_ARGUMENT...: a run of meson test. scripts/test-report tells the
# kinds of what it ran.
tests() {
	local name=$1 dir=$2 brief='' start ret line log
	shift 2
	is_wanted "$name" || return 0
	start=$(now) log=$(log_of "$name")
	[ "${1:-}" = --brief ] && brief=--brief && shift
	rm -f "$dir/meson-logs/check.json"
	"${steady[@]}" meson test -C "$dir" --no-rebuild --logbase check "$@" >"$log.log" 2>&1 </dev/null
	ret=$?
	scripts/test-report $brief --kinds "$dir/meson-logs/check.json" >"$log.report" 2>&1
	last_failed=0
	grep -v '^= \|passed, .* skipped$' "$log.report"
	while IFS=: read -r kind line; do
		count "$kind" "${line# }"
		[ "$last_failed" = 0 ] || ret=1
	done < <(sed -n 's/^= //p' "$log.report")
	line=$(tail -n 1 "$log.report")
	if ! [[ $line =~ ^[0-9]+\ passed,\ ([0-9]+)\ failed ]]; then
		verdict FAIL "$name" "$start" && show "$log.log" && add "test cases" 0 1 0
	elif [ "${BASH_REMATCH[1]}" != 0 ]; then
		verdict FAIL "$name: $line" "$start"
	elif [ $ret != 0 ]; then
		verdict FAIL "$name" "$start" && show "$log.log" && add "test cases" 0 1 0
	else
		verdict ok "$name: $line" "$start"
	fi
}

# counted KIND NAME COMMAND...: a program that prints a line for each thing as it goes, the count last.
counted() {
	local kind=$1 name=$2 start ret line log
	shift 2
	is_wanted "$name" || return 0
	start=$(now) log=$(log_of "$name").log
	"$@" 2>&1 </dev/null | tee "$log" | sed -u 's/^/  /'
	ret=${PIPESTATUS[0]}
	line=$(tail -n 1 "$log")
	last_failed=0
	if count "$kind" "$line" && [ "$last_failed" = 0 ] && { [ "$ret" = 0 ] || [ "$ret" = 77 ]; }; then
		verdict ok "$name: $line" "$start"
	else
		verdict FAIL "$name: exit status $ret" "$start"
		[ "$last_failed" != 0 ] || add "$kind" 0 1 0
	fi
}

# summary START_TIME: a line for each kind, then their sum alone on the last line. Returns 1 when
# anything failed or nothing ran.
summary() {
	local kind passed=0 failed=0 skipped=0
	echo
	for kind in "${kinds[@]}"; do
		printf '%-28s %6d passed %4d failed %4d skipped\n' "$kind" "${kind_passed[$kind]}" \
			"${kind_failed[$kind]}" "${kind_skipped[$kind]}"
		passed=$((passed + kind_passed[$kind]))
		failed=$((failed + kind_failed[$kind]))
		skipped=$((skipped + kind_skipped[$kind]))
	done
	echo "in $(since "$1") s"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
}
