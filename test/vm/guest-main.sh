# SPDX-License-Identifier: MIT
# guest-main.sh SUITE...: runs suites one after the other in the guest and says how each ended, and after
# how many seconds of the guest's. A suite fails with its last line as the reason, is skipped with status
# 77, and may tell more in lines that begin with "# ". /vm/settings, which test/vm/run writes, sets
# "limit", in seconds, and what suites repeat how often.
# What a suite prints goes to /printed, outside /tmp, where suites write.

# Hundredths of a second since the machine started.
hundredths() { cut -d ' ' -f 1 /proc/uptime | tr -d .; }

cd /tmp
. /vm/settings
# Through iommufd a user needs no more than the drive's own file.
[ $WAY != iommufd ] || chmod 666 /dev/iommu
failed=0
for suite in "$@"; do
	took=$(hundredths)
	timeout $limit sh -c ". /vm/guest.sh; . /vm/suites/$suite.sh" >/printed 2>&1 </dev/null
	status=$?
	took=$((($(hundredths) - took + 5) / 10))
	case $status in
	0)
		grep '^# ' /printed
		echo "ok vm $suite: $((took / 10)).$((took % 10)) s"
		continue
		;;
	77)
		echo "skip vm $suite: $(tail -n 1 /printed)"
		continue
		;;
	143) echo "time limit reached" >>/printed ;;
	esac
	failed=1
	sed 's/^/# /' /printed
	{ (. /vm/guest.sh && complaints_in_context) | grep . || dmesg | tail -n 5; } | sed 's/^/# dmesg: /'
	echo "not ok vm $suite: $(tail -n 1 /printed)"
done
exit $failed
