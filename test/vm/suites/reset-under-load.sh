# SPDX-License-Identifier: MIT
# 20 resets while two threads write, read back and compare: each command is answered once, and what is
# on the drive is right.
bind vfio-pci $F
vm_tool reset $F 20 plain || exit 1
vm_tool reset $F 20 retry || exit 1
