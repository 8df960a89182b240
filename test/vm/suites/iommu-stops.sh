# SPDX-License-Identifier: MIT
# The control for dma-faults: an access to memory that nobody mapped is stopped, and is seen.
bind vfio-pci $A
vm_tool wild $A || fail "a read to an address that nobody mapped succeeded"
dma_faults >/dev/null || fail "the kernel did not complain"
