# SPDX-License-Identifier: MIT
# Nothing that ran before made the kernel complain of the device's accesses.
faults=$(dma_faults) && fail "$(echo "$faults" | head -n 3)"
[ -n "$(dmesg | grep 'DMAR: Intel(R) Virtualization Technology')" ] || fail "the IOMMU is off"
