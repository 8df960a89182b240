# SPDX-License-Identifier: MIT
# A user who may not open the group's file; and may, once it is theirs.
bind vfio-pci $A
file=$(drive_file $A)
fails_with 1 "no permission for $file" "chown" -- vm_tool as 1000 65536 vm_tool open $A
chown 1000 $file
vm_tool as 1000 65536 vm_tool open $A || exit 1
chown 0 $file
