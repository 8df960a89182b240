# SPDX-License-Identifier: MIT
# 64 MiB of noise written through nvu; the kernel's driver reads the same.
vm_tool noise noise $((64 << 20)) 1 || exit 1
bind vfio-pci $A
vm_tool write $A 1 noise || exit 1
bind nvme $A
vm_tool same noise $(disk $A 1) 0 $((64 << 20)) || exit 1
rm noise
