# SPDX-License-Identifier: MIT
# Two controllers use one buffer at the same time: of two IOMMU groups, and of one.
bind vfio-pci $A $B $C
vm_tool shared $A $B || exit 1
vm_tool shared $B $C || exit 1
