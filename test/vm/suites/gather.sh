# SPDX-License-Identifier: MIT
# Data in pieces, by PRPs and by SGLs, of which QEMU's controller takes any; blocks of 512 and of 4096 bytes.
bind vfio-pci $A
for nsid in 1 3; do
	vm_tool gather $A $nsid >/tmp/gather.log || { cat /tmp/gather.log; exit 1; }
	grep -q '^anywhere' /tmp/gather.log || { echo "the controller announces no SGLs"; exit 1; }
done
