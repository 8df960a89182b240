# SPDX-License-Identifier: MIT
# One controller, two drivers: what the kernel's has written nvu reads through VFIO, and back.
vm_tool noise noise $((1 << 20)) 7 || exit 1
bind nvme $S
dd if=noise of=$(disk $S 1) bs=64k oflag=direct conv=fsync 2>/dev/null || fail "the kernel cannot write"
bind vfio-pci $S
identify $S | grep -q nvu-S || fail "identify: $(identify $S 2>&1 | head -n 3)"
vm_tool read $S 1 back $((1 << 20)) || exit 1
cmp noise back || fail "nvu reads other data"
vm_tool noise noise $((1 << 20)) 8 || exit 1
vm_tool write $S 1 noise || exit 1
bind nvme $S
vm_tool same noise $(disk $S 1) 0 $((1 << 20)) || fail "the kernel reads other data"
rm noise back
