# SPDX-License-Identifier: MIT
# guest-main.sh SUITE...: runs suites one after the other in the guest and says how each ended.
# A suite fails with its last line as the reason, is skipped with status 77, and may tell more in
# lines that begin with "# ". /vm/settings, if there is one, is what test/vm/run has to tell.

cd /tmp
limit=240
[ ! -e /vm/settings ] || . /vm/settings
failed=0
for suite in "$@"; do
	timeout $limit sh -c ". /vm/guest.sh; . /vm/suites/$suite.sh" >/tmp/output 2>&1 </dev/null
	status=$?
	case $status in
	0)
		grep '^# ' /tmp/output
		echo "ok vm $suite"
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
