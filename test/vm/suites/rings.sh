# SPDX-License-Identifier: MIT
# Rings share huge pages where there are free ones: two mappings serve 16 queue pairs. Without, each has its own.
bind vfio-pci $A
file=$(group_file $A)
entries=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
before=$(cat $entries)
echo 16 >/proc/sys/vm/nr_hugepages
echo 24 >$entries
vm_tool rings $A 16 >messages || fail "with huge pages: $(cat messages)"
grep '^# ' messages
grep -q '16 of 16 queue pairs in huge pages, of which they took 2' messages || fail "$(cat messages)"
# More than a page of submission queues.
vm_tool rings $A 40 >messages || fail "with more of them: $(cat messages)"
grep -q '40 of 40 queue pairs in huge pages, of which they took 3' messages || fail "$(cat messages)"

# The kernel could make huge pages, but none is free.
echo 0 >/proc/sys/vm/nr_hugepages
echo 16 >/proc/sys/vm/nr_overcommit_hugepages
! vm_tool rings $A 16 >messages 2>&1 || fail "24 mappings serve 16 queue pairs without huge pages"
grep -q 'all 24 IOMMU mappings are in use' messages || fail "$(cat messages)"
echo $before >$entries
vm_tool rings $A 16 >messages || fail "without huge pages: $(cat messages)"
grep -q '0 of 16 queue pairs in huge pages, of which they took 0' messages || fail "$(cat messages)"
echo 0 >/proc/sys/vm/nr_overcommit_hugepages

# A user with little memory to lock: 8 MiB are not enough for the pool, 64 MiB are.
echo 16 >/proc/sys/vm/nr_hugepages
chown 1000 $file
vm_tool as 1000 8192 vm_tool rings $A 4 >messages || fail "with 8 MiB: $(cat messages)"
grep -q '^# 0 of 4 queue pairs' messages || fail "with 8 MiB: $(cat messages)"
vm_tool as 1000 65536 vm_tool rings $A 4 >messages || fail "with 64 MiB: $(cat messages)"
grep -q '^# 4 of 4 queue pairs' messages || fail "with 64 MiB: $(cat messages)"
chown 0 $file
echo 0 >/proc/sys/vm/nr_hugepages
