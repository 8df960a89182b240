# SPDX-License-Identifier: MIT
# Many times open (at once, and in steps), I/O and close leave no mapping, descriptor or page behind.
bind vfio-pci $A
echo 16 >/proc/sys/vm/nr_hugepages
vm_tool cycles $A $CYCLES || exit 1
echo 0 >/proc/sys/vm/nr_hugepages
. /vm/suites/dma-faults.sh
