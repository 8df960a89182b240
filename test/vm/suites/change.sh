# SPDX-License-Identifier: MIT
# A namespace is attached, detached and formatted through another controller of the subsystem: a program
# that only polls learns of it; of the format, which QEMU does not tell, by a reset.
bind vfio-pci $A $B
vm_tool change $A $B || exit 1
