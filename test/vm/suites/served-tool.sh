# SPDX-License-Identifier: MIT
# nvme-cli and smartctl print what the served controller says of itself.
command -v nvme >/dev/null || {
	echo "there is no nvme-cli"
	exit 77
}
bind nvme $S
disk=$(disk $S 1)
ctrl=/dev/$(basename /sys/bus/pci/devices/$S/nvme/nvme*)
nvme id-ctrl $ctrl | grep -q '^sn .*nvu-S' || fail "id-ctrl: $(nvme id-ctrl $ctrl 2>&1 | head -n 5)"
nvme id-ns $disk | grep -q '^nsze .*0x20000$' || fail "id-ns: $(nvme id-ns $disk 2>&1 | head -n 5)"
nvme smart-log $ctrl | grep -q '^critical_warning.*: 0$' || fail "smart-log: $(nvme smart-log $ctrl 2>&1 | head -n 5)"
nvme error-log $ctrl | grep -q 'Entry\[ 0\]' || fail "error-log: $(nvme error-log $ctrl 2>&1 | head -n 5)"
nvme fw-log $ctrl >/dev/null || fail "fw-log"
nvme list-ns $ctrl | grep -q 0x1 || fail "list-ns"
nvme list | grep -q "$disk.*nvu-S" || fail "list: $(nvme list 2>&1)"
nvme get-feature $ctrl -f 7 | grep -q 'Current value' || fail "get-feature"
nvme write-zeroes $disk -s 64 -c 63 || fail "write-zeroes"
nvme dsm $disk -d -s 128 -b 64 || fail "dsm"
nvme flush $disk || fail "flush"
dd if=/dev/urandom of=block bs=512 count=1 2>/dev/null
nvme write $disk -s 7 -c 0 -z 512 -d block || fail "write"
nvme compare $disk -s 7 -c 0 -z 512 -d block || fail "compare"
! nvme read $disk -s 999999999 -c 0 -z 512 >out 2>&1 || fail "a block past the end is read"
grep -q LBA out || fail "past the end: $(cat out)"
if command -v smartctl >/dev/null; then
	smartctl -x $ctrl >out || fail "smartctl: $(cat out)"
	grep -q '^SMART overall-health.*PASSED' out && grep -q 'nvu-S' out || fail "smartctl: $(cat out)"
fi
rm -f block out
