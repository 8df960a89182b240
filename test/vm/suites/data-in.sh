# SPDX-License-Identifier: MIT
# 64 MiB of noise written through the kernel's driver; nvu reads the same, with huge pages too.
dd if=/dev/urandom of=noise bs=1M count=64 2>/dev/null
want=$(sha256sum <noise)
bind nvme $A
dd if=noise of=$(disk $A 1) bs=1M conv=fsync 2>/dev/null || fail "the kernel cannot write"
rm noise
bind vfio-pci $A
for pages in 0 8; do
	echo $pages >/proc/sys/vm/nr_hugepages
	vm_tool read $A 1 back $((64 << 20)) || exit 1
	got=$(sha256sum <back)
	rm back
	[ "$want" = "$got" ] || fail "with $pages huge pages: written $want, nvu reads $got"
done
echo 0 >/proc/sys/vm/nr_hugepages
