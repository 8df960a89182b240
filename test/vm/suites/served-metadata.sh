# SPDX-License-Identifier: MIT
# A namespace with protection information: the kernel's driver generates and verifies tuples, nvu reads them, and a wrong
# one is noticed.
needs nvme
bind nvme $V
disk=$(disk $V 1)
has_tuples() { grep -q "$1" /sys/block/${disk##*/}/integrity/format; }
nvme format $disk --lbaf=4 --pi=1 --force || fail "format 4 with protection information"
wait_for has_tuples T10-DIF-TYPE1-CRC
size=$((256 << 10))
vm_tool noise noise $size 21 || exit 1
dd if=noise of=$disk bs=64k oflag=direct conv=fsync 2>/dev/null || fail "the kernel cannot write"
bind vfio-pci $V
vm_tool tuples $V 1 noise read || fail "the kernel's tuples"
vm_tool noise noise $size 22 || exit 1
vm_tool tuples $V 1 noise write || fail "nvu's tuples"
bind nvme $V
disk=$(disk $V 1)
vm_tool same noise $disk 0 $size || fail "the kernel reads other data"
bind vfio-pci $V
vm_tool tuples $V 1 noise spoil || exit 1
bind nvme $V
disk=$(disk $V 1)
! dd if=$disk of=/dev/null bs=512 count=1 2>/dev/null || fail "a wrong guard is not noticed"
nvme format $disk --lbaf=0 --pi=0 --force || fail "format 0"
wait_for has_tuples none
rm noise
