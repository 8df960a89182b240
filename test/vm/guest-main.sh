# SPDX-License-Identifier: MIT
# guest-main.sh SUITE...: runs suites one after the other in the guest and says how each ended, and after
# how many seconds of the guest's. A suite fails with its last line as the reason, is skipped with status
# 77, and may tell more in lines that begin with "# ". /vm/settings, which test/vm/run writes, sets
# "limit", in seconds, and what suites repeat how often.

# Hundredths of a second since the machine started.
hundredths() { cut -d ' ' -f 1 /proc/uptime | tr -d .; }

cd /tmp
. /vm/settings
failed=0
for suite in "$@"; do
	took=$(hundredths)
	timeout $limit sh -c ". /vm/guest.sh; . /vm/suites/$suite.sh" >/tmp/output 2>&1 </dev/null
	status=$?
	took=$((($(hundredths) - took + 5) / 10))
	case $status in
	0)
		grep '^# ' /tmp/output
		echo "ok vm $suite: $((took / 10)).$((took % 10)) s"
		continue
		;;
	77)
		echo "skip vm $suite: $(tail -n 1 /tmp/output)"
		continue
		;;
	143) echo "time limit reached" >>/tmp/output ;;
	esac
	failed=1
	sed 's/^/# /' /tmp/output
	{ (. /vm/guest.sh && complaints_in_context) | grep . || dmesg | tail -n 5; } | sed 's/^/# dmesg: /'
	echo "not ok vm $suite: $(tail -n 1 /tmp/output)"
done
exit $failed
