# SPDX-License-Identifier: MIT
# 64 MiB of noise written through nvu; the kernel's driver reads the same.
dd if=/dev/urandom of=noise bs=1M count=64 2>/dev/null
want=$(sha256sum <noise)
bind vfio-pci $A
vm_tool write $A 1 noise || exit 1
bind nvme $A
got=$(dd if=$(disk $A 1) bs=1M count=64 2>/dev/null | sha256sum)
rm noise
[ "$want" = "$got" ] || fail "written $want, the kernel reads $got"
