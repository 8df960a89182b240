# SPDX-License-Identifier: MIT
# Submissions while resets run: each command is answered once, and no doorbell of a queue that is not there
# is written, which test/vm/run looks for.
bind vfio-pci $A
vm_tool storm $A $STORM_RESETS plain || exit 1
vm_tool storm $A $STORM_RESETS shadow || exit 1
