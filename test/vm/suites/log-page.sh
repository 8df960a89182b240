# SPDX-License-Identifier: MIT
# Log pages through the admin queue: SMART, errors, and one that there is not.
bind vfio-pci $F
vm_tool log $F || exit 1
