# SPDX-License-Identifier: MIT
# Compare, write zeroes, verify and deallocate, by their functions.
bind vfio-pci $A
vm_tool nvm $A || exit 1
