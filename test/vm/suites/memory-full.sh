# SPDX-License-Identifier: MIT
# Buffers have taken all mappings, or all memory that may be locked: drives can still be watched.
bind vfio-pci $A
file=$(drive_file $A)
if [ $WAY = vfio ]; then # iommufd counts memory only
	entries=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
	before=$(cat $entries)
	echo 200 >$entries
	vm_tool full $A >messages || fail "$(cat messages)"
	grep '^# ' messages
	grep -q 'IOMMU mappings' messages || fail "not the mappings: $(cat messages)"
	echo $before >$entries
fi
chown 1000 $file
vm_tool as 1000 8192 vm_tool full $A >messages || fail "$(cat messages)"
grep '^# ' messages
grep -q 'locked-memory limit' messages || fail "not the limit: $(cat messages)"
chown 0 $file
