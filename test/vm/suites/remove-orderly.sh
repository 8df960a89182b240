# SPDX-License-Identifier: MIT
# A drive is pulled out in order while perf runs: perf lets go and says so, the kernel is content, and
# a drive that is put in afterwards works.
bind vfio-pci $J
before=$(dma_faults | wc -l)
perf -t 600 $J >messages 2>&1 &
wait_for works $!
pull hot
ends $! 0 "$J: the kernel asks for the device back" messages
wait_for is_gone $J
fails_with 1 "PCI device $J does not exist" -- perf -t 1 $J
[ "$(dma_faults | wc -l)" = $before ] || fail "the kernel complains: $(dma_faults | tail -n 1)"

plug hot $J rp j nvu-J2
vm_tool identify $J | grep -q serial=nvu-J2 || fail "it is not the new drive"
write_verify --yes-destroy $J || exit 1
rm messages
