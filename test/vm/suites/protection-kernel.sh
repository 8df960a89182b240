# SPDX-License-Identifier: MIT
# Tuples that the kernel's driver has generated, verified by nvu; nvu's, verified by the kernel's driver, which
# refuses a wrong guard. Namespaces 1, 2 and 4: types 1 and 2, alone and as the first of 64 B of metadata.
size=$((256 << 10))
for nsid in 1 2 4; do
	vm_tool noise noise $size $nsid || exit 1
	bind nvme $Q
	disk=$(disk $Q $nsid)
	[ "$(cat /sys/block/${disk##*/}/integrity/format)" != none ] || fail "the kernel has no tuples"
	dd if=noise of=$disk bs=64k conv=fsync 2>/dev/null || fail "the kernel cannot write"
	bind vfio-pci $Q
	vm_tool tuples $Q $nsid noise read || fail "namespace $nsid: the kernel's tuples"
	vm_tool noise noise $size 1$nsid || exit 1
	vm_tool tuples $Q $nsid noise write || fail "namespace $nsid: nvu's tuples"
	bind nvme $Q
	disk=$(disk $Q $nsid)
	vm_tool same noise $disk 0 $size || fail "namespace $nsid: the kernel reads other data"
	bind vfio-pci $Q
	vm_tool tuples $Q $nsid noise spoil || exit 1
	bind nvme $Q
	! dd if=$(disk $Q $nsid) of=/dev/null bs=512 count=1 2>/dev/null ||
		fail "namespace $nsid: a wrong guard is not noticed"
	bind vfio-pci $Q
done
rm noise
