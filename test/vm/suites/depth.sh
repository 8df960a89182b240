# SPDX-License-Identifier: MIT
# A queue as deep as the controller takes, full, several times over.
bind vfio-pci $A
vm_tool depth $A || exit 1
