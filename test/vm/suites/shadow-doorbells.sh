# SPDX-License-Identifier: MIT
# What shadow doorbells spare. A register write leaves the machine here ("ioeventfd" is off).
bind vfio-pci $F
vm_tool doorbells $F $PERF_SECONDS || exit 1
