# SPDX-License-Identifier: MIT
# A program is killed in the midst of writes at depth 128. The drive opens again at once, and nothing
# but the range that was written to has changed; and so again at other moments, several times in a row.
mib=$((1 << 20))
# killed MICROSECONDS: perf writes, and is killed so long after it has begun.
killed() {
	perf --yes-destroy -w randwrite -q 128 -l 32768:8192 -t 600 $F >messages 2>&1 &
	wait_for works $!
	usleep $1
	kill -9 $!
	wait $!
	[ $? = 137 ] || fail "perf was not killed: $(cat messages)"
}

bind nvme $F
disk=$(disk $F 1)
vm_tool noise noise $((48 * mib)) 3 || exit 1
dd if=noise of=$disk bs=1M conv=fsync 2>/dev/null || fail "the kernel cannot write"
before=$(kernel_errors | wc -l)

bind vfio-pci $F
killed 0
perf --yes-destroy -w randrw --verify -q 128 -l 32768:8192 -c 4000 $F || exit 1
for moment in $KILL_MOMENTS; do
	killed $moment
done
perf --yes-destroy -w randrw --verify -q 128 -l 32768:8192 -c 4000 $F || exit 1

bind nvme $F
disk=$(disk $F 1)
! vm_tool same noise $disk $((16 * mib)) $((4 * mib)) || fail "nothing was written"
vm_tool same noise $disk 0 $((16 * mib)) && vm_tool same noise $disk $((20 * mib)) $((28 * mib)) ||
	fail "more has changed than the range that was written to"
[ "$(kernel_errors | wc -l)" = $before ] ||
	fail "the kernel complains: $(kernel_errors | tail -n 1)"
bind vfio-pci $F
write_verify --yes-destroy $F || exit 1
rm messages noise
