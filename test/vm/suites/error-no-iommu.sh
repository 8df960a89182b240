# SPDX-License-Identifier: MIT
# A machine whose IOMMU is off.
fails_with 1 "has no IOMMU group" "intel_iommu=on" -- vm_tool open $A
