# SPDX-License-Identifier: MIT
# An ordinary user in the group's file's good graces, with 64 MiB of locked memory, and nothing more.
bind vfio-pci $F
file=$(group_file $F)
fails_with 1 "no permission for $file" -- vm_tool as 1000 65536 identify $F
chown 1000 $file
vm_tool as 1000 65536 identify $F || exit 1
vm_tool as 1000 65536 write_verify --yes-destroy $F || exit 1
vm_tool as 1000 65536 perf -t 2 $F >told || exit 1
vm_tool as 1000 65536 two_queues $F || exit 1
chown 0 $file
rm told
