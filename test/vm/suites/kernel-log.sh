# SPDX-License-Identifier: MIT
# Nothing that ran before made the kernel complain, of the devices' accesses or of anything else.
errors=$(kernel_errors) && fail "$(echo "$errors" | head -n 3)"
[ -n "$(ls /sys/class/iommu)" ] || fail "the IOMMU is off"
