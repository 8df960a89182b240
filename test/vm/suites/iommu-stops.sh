# SPDX-License-Identifier: MIT
# The control for dma-faults: an access to memory that nobody mapped is stopped, and is seen.
bind vfio-pci $A
before=$(dma_faults | wc -l)
vm_tool wild $A || exit 1
[ $(dma_faults | wc -l) -gt $before ] || fail "the kernel did not complain"
