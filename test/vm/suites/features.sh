# SPDX-License-Identifier: MIT
# The write cache stays off, a threshold and the time stay set through resets, which an event reports.
bind vfio-pci $F
vm_tool features $F || exit 1
