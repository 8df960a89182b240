# SPDX-License-Identifier: MIT
# Buffers have taken all mappings, or all memory that may be locked: drives can still be watched.
bind vfio-pci $A
file=$(group_file $A)
entries=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
before=$(cat $entries)
echo 200 >$entries
vm_tool full $A >told || fail "$(cat told)"
grep '^# ' told
grep -q 'IOMMU mappings' told || fail "not the mappings: $(cat told)"
echo $before >$entries
chown 1000 $file
vm_tool as 1000 8192 vm_tool full $A >told || fail "$(cat told)"
grep '^# ' told
grep -q 'locked-memory limit' told || fail "not the limit: $(cat told)"
chown 0 $file
