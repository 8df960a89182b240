# SPDX-License-Identifier: MIT
# Every transfer size from one block to the controller's limit, at unaligned page offsets, with blocks of
# 512 B and of 4096 B, and on a controller with a lower limit.
bind vfio-pci $A $B $C
vm_tool sizes $A 1 || exit 1
vm_tool sizes $A 3 || exit 1
vm_tool sizes $B 1 || exit 1
