# SPDX-License-Identifier: MIT
# A controller opened by descriptors: by an ordinary user who has no /sys, /dev and /proc.
bind vfio-pci $F
vm_tool fds $F $(group_file $F) /tmp/empty || exit 1
rmdir /tmp/empty
