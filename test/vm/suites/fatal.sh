# SPDX-License-Identifier: MIT
# Without bus mastering the controller cannot fetch commands. It says CSTS.CFS and is reset, or (to
# QEMU's, shadow doorbells that it cannot read are 0) never sees them, and they pass their deadline.
# Either way each is ended once, its memory is left alone from then on, and the queue pair goes on.
bind vfio-pci $F
vm_tool fatal $F || exit 1
vm_tool lose $F 500 || exit 1
