# SPDX-License-Identifier: MIT
# A controller of 32 KiB a command and two queue pairs; a zoned namespace, and one with metadata.
bind vfio-pci $G $I
vm_tool limits $G 32768 2 || exit 1
vm_tool formats $I || exit 1
