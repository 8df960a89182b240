# SPDX-License-Identifier: MIT
# 64 MiB of noise written through the kernel's driver; nvu reads the same, with huge pages too.
vm_tool noise noise $((64 << 20)) 2 || exit 1
bind nvme $A
dd if=noise of=$(disk $A 1) bs=1M conv=fsync 2>/dev/null || fail "the kernel cannot write"
bind vfio-pci $A
for pages in 0 8; do
	echo $pages >/proc/sys/vm/nr_hugepages
	vm_tool read $A 1 back $((64 << 20)) || exit 1
	vm_tool same noise back 0 $((64 << 20)) || fail "with $pages huge pages"
	rm back
done
rm noise
echo 0 >/proc/sys/vm/nr_hugepages
