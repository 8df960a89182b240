# SPDX-License-Identifier: MIT
# Two namespaces of one controller keep their data apart, and the kernel's driver agrees.
bind vfio-pci $A
dd if=/dev/urandom of=one bs=64k count=4 2>/dev/null
dd if=/dev/urandom of=three bs=64k count=4 2>/dev/null
vm_tool write $A 1 one || exit 1
vm_tool write $A 3 three || exit 1
bind nvme $A
dd if=$(disk $A 1) bs=64k count=4 2>/dev/null | cmp - one || fail "namespace 1 differs"
dd if=$(disk $A 3) bs=64k count=4 2>/dev/null | cmp - three || fail "namespace 3 differs"
