# SPDX-License-Identifier: MIT
# Format NVM through the kernel's driver: it sees the other block size at once, and no old data.
needs nvme
bind nvme $V
disk=$(disk $V 1)
# formats INDEX BLOCK_BYTES
formats() {
	nvme format $disk --lbaf=$1 --force || fail "format $1"
	wait_for has_block_bytes $2
	[ "$(dd if=$disk bs=64k count=16 iflag=direct 2>/dev/null | tr -d '\000' | wc -c)" = 0 ] ||
		fail "format $1 leaves data"
	vm_tool noise noise $((1 << 20)) $1 || exit 1
	dd if=noise of=$disk bs=64k oflag=direct conv=fsync 2>/dev/null || fail "format $1: no write"
	vm_tool same noise $disk 0 $((1 << 20)) || fail "format $1: other data"
}
has_block_bytes() {
	[ "$(cat /sys/block/${disk##*/}/queue/logical_block_size)" = $1 ]
}
formats 3 4096
formats 0 512
! nvme format $disk --lbaf=60 --force >out 2>&1 || fail "a format that does not exist"
grep -qi format out || fail "format 60: $(cat out)"
bind vfio-pci $V
identify $V | grep -q ' 512 ' || fail "nvu: $(identify $V 2>&1)"
bind nvme $V
rm -f noise out
