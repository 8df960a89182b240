# SPDX-License-Identifier: MIT
# Waits on interrupts: a drive with a vector for each queue pair, and one with three vectors for nine of them; queue
# pairs of both waited for together; and a command that is late.
bind vfio-pci $A $B
vm_tool wait $A || exit 1
vm_tool wait $B || exit 1
vm_tool group $A $B || exit 1
limit waited bps-read 1024
vm_tool late $A || exit 1
limit waited bps-read 0
