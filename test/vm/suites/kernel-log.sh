# SPDX-License-Identifier: MIT
# Nothing that ran before made the kernel complain.
faults=$(dma_faults) && fail "$(echo "$faults" | head -n 3)"
[ -n "$(ls /sys/class/iommu)" ] || fail "the IOMMU is off"
