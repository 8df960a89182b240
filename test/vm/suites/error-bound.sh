# SPDX-License-Identifier: MIT
# A drive that the kernel's driver still has.
[ -e /sys/bus/pci/drivers/nvme/$D ] || fail "$D is not with the kernel's driver"
fails_with 1 "$D is bound to the driver nvme" "driver_override" -- vm_tool open $D
# The remedy in the sentence is one that works.
remedy=$(vm_tool open $D | sed -n 's/.*`\(.*\)`.*/\1/p')
[ -n "$remedy" ] || fail "no commands in the sentence"
sh -c "modprobe() { :; }; $remedy" || fail "the remedy failed: $remedy"
vm_tool open $D || exit 1
bind nvme $D
