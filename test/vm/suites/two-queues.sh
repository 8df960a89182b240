# SPDX-License-Identifier: MIT
# The examples on a drive: two threads with a queue pair each; writing and verifying.
bind vfio-pci $A
two_queues $A $READS || exit 1
write_verify --yes-destroy $A || exit 1
