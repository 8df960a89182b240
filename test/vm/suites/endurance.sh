# SPDX-License-Identifier: MIT
# Threads read, write and flush at full depth and verify, while faults of every kind are injected: nothing
# is lost, nothing answered twice, the data is right, memory flat, and the kernel does not complain.
bind vfio-pci $K
available=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
vm_tool endure $K $ENDURANCE_SECONDS $ENDURANCE_SEED $ENDURANCE_SPREAD_MS || exit 1
now=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
echo "# $((available - now)) KiB less are available in the machine"
[ $((available - now)) -lt 32768 ] || fail "the machine has lost $((available - now)) KiB"
. /vm/suites/kernel-log.sh
