# SPDX-License-Identifier: MIT
# The write cache stays off, a threshold and the time stay set through resets, which are told by an event.
bind vfio-pci $F
vm_tool features $F || exit 1
