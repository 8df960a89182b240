# SPDX-License-Identifier: MIT
# The control for dma-faults: the IOMMU stops an access to memory
# that no driver mapped, and the kernel reports it.
bind vfio-pci $A
before=$(dma_faults | wc -l)
vm_tool wild $A || exit 1
[ $(dma_faults | wc -l) -gt $before ] || fail "the kernel did not complain"
