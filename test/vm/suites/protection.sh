# SPDX-License-Identifier: MIT
# Tuples of nvu judged by the controller, and the controller's by nvu, in eight formats.
bind vfio-pci $Q
vm_tool protect $Q 8 || exit 1

# As block devices, those with 8 separate bytes.
vm_tool block $Q 1 2 || exit 1
