# SPDX-License-Identifier: MIT
# Tuples of nvu judged by the controller, and the controller's by nvu, in eight formats.
bind vfio-pci $Q
vm_tool protect $Q 8 || exit 1
