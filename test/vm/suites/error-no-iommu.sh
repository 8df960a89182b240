# SPDX-License-Identifier: MIT
# A machine whose IOMMU is off.
fails_with 1 "no IOMMU group" "intel_iommu=on" -- vm_tool open $A
