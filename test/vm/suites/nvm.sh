# SPDX-License-Identifier: MIT
# Compare, write zeroes, verify and deallocate, by their functions, and requests of several commands.
bind vfio-pci $A
vm_tool nvm $A || exit 1
