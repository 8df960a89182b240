# SPDX-License-Identifier: MIT
# A program is killed in the midst of writes at depth 128. The drive opens again at once, and nothing
# but the range that was written to has changed; and so five times more in a row, at odd moments.
rest() {
	{
		dd if=$1 bs=1M count=16
		dd if=$1 bs=1M skip=20
	} 2>/dev/null | sha256sum
}
range() {
	dd if=$1 bs=1M skip=16 count=4 2>/dev/null | sha256sum
}
# killed MICROSECONDS: perf writes, and is killed so long after it has begun.
killed() {
	perf --yes-destroy -w randwrite -q 128 -l 32768:8192 -t 60 $F >told 2>&1 &
	wait_for works $!
	usleep $1
	kill -9 $!
	wait $!
	[ $? = 137 ] || fail "perf was not killed: $(cat told)"
}

bind nvme $F
disk=$(disk $F 1)
dd if=/dev/urandom of=$disk bs=1M conv=fsync 2>/dev/null
rest=$(rest $disk) range=$(range $disk)
before=$(kernel_errors | wc -l)

bind vfio-pci $F
killed 0
perf --yes-destroy -w randrw --verify -q 128 -l 32768:8192 -c 4000 $F || exit 1
for moment in 1000 290000 37000 511000 130000; do
	killed $moment
done
perf --yes-destroy -w randrw --verify -q 128 -l 32768:8192 -c 4000 $F || exit 1

bind nvme $F
disk=$(disk $F 1)
[ "$(range $disk)" != "$range" ] || fail "nothing was written"
[ "$(rest $disk)" = "$rest" ] || fail "more has changed than the range that was written to"
[ "$(kernel_errors | wc -l)" = $before ] ||
	fail "the kernel complains: $(kernel_errors | tail -n 1)"
bind vfio-pci $F
write_verify --yes-destroy $F || exit 1
rm told
