# SPDX-License-Identifier: MIT
# A namespace as a blocking device: blocks of 512 bytes and of 4096.
bind vfio-pci $A
vm_tool block $A 1 3 || exit 1
