# SPDX-License-Identifier: MIT
# Faults of the served controller, as the kernel's driver reports them: a write that fails, a command that is lost, a
# controller that fails. It goes on after each.
command -v nvme >/dev/null || {
	echo "there is no nvme-cli"
	exit 77
}
bind nvme $T
disk=$(disk $T 1)
ctrl=$(echo /sys/bus/pci/devices/$T/nvme/nvme*)
name=${ctrl##*/}
live() { [ "$(cat $ctrl/state)" = live ]; }
# says TEXT: the kernel has said so of this controller since the suite began.
before=$(dmesg | wc -l)
says() { dmesg | tail -n +$((before + 1)) | grep "$name" | grep -q "$1"; }

! dd if=/dev/zero of=$disk bs=4k count=1 oflag=direct 2>/dev/null || fail "the write has not failed"
wait_for says 'critical medium error\|Write Fault\|I/O Error'
dd if=/dev/zero of=$disk bs=4k count=1 oflag=direct 2>/dev/null || fail "the second write fails"

nvme write-zeroes $disk -s 64 -c 63 >/dev/null 2>&1
wait_for says 'timeout'
wait_for live
dd if=/dev/zero of=$disk bs=4k count=1 oflag=direct 2>/dev/null || fail "a write after a lost command"

nvme dsm $disk -d -s 128 -b 64 >/dev/null 2>&1
wait_for says 'controller is down'
wait_for live
dd if=/dev/zero of=$disk bs=4k count=1 oflag=direct 2>/dev/null || fail "a write after a fatal error"
