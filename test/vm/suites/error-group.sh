# SPDX-License-Identifier: MIT
# Another device of the drive's IOMMU group is still with the host.
bind vfio-pci $B
bind nvme $C
fails_with 1 "not viable" "$C is bound to the driver nvme" -- vm_tool open $B
bind vfio-pci $C
vm_tool open $B || exit 1
