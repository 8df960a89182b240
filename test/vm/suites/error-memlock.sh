# SPDX-License-Identifier: MIT
# A user whose limit on locked memory is too low, at once and later on.
bind vfio-pci $A
file=$(drive_file $A)
chown 1000 $file
fails_with 1 "locked-memory limit too low" "KiB more are needed" "the limit is 4 KiB" "ulimit -l" \
	-- vm_tool as 1000 4 vm_tool open $A
fails_with 1 "locked-memory limit too low" "32768 KiB more are needed" "the limit is 16384 KiB" \
	-- vm_tool as 1000 16384 vm_tool alloc $A $((32 << 20))
vm_tool as 1000 65536 vm_tool alloc $A $((32 << 20)) || exit 1
# Root is not limited.
vm_tool as 0 4 vm_tool alloc $A $((32 << 20)) || exit 1
chown 0 $file
