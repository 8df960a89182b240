# SPDX-License-Identifier: MIT
# A drive that is not there: the sentence says which are.
bind vfio-pci $A
fails_with 1 "PCI device 0000:7f:00.0 does not exist" "$A (vfio-pci)" "$D (nvme)" -- vm_tool open 0000:7f:00.0
fails_with 1 "not an NVMe controller" 0x06 -- vm_tool open 0000:00:00.0
