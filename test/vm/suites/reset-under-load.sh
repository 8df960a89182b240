# SPDX-License-Identifier: MIT
# Resets while two threads write, read back and compare: each command is answered once, and what is
# on the drive is right.
bind vfio-pci $F
vm_tool reset $F $RESETS plain || exit 1
vm_tool reset $F $RESETS retry || exit 1
