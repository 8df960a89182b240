# SPDX-License-Identifier: MIT
# The transport alone: registers, limits, mapping, reset; devices of two groups and of one share
# a domain.
bind vfio-pci $A $B $C
vm_transport $A $B || exit 1
vm_transport $B $C || exit 1
