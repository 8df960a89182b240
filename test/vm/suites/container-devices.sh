# SPDX-License-Identifier: MIT
# What a container may lack: VFIO's files, the right to them by its device cgroup, sysfs.
bind vfio-pci $A
file=$(drive_file $A)
mkdir -p /devices
mount -t cgroup -o devices none /devices || {
	echo "the kernel has no device cgroup of version 1"
	exit 77
}
# without DEVICE COMMAND...: in a device cgroup that forbids it.
without() {
	mkdir -p /devices/pod
	echo "$1" >/devices/pod/devices.deny
	shift
	sh -c 'echo $$ >/devices/pod/tasks; exec "$@"' sh "$@"
}
# The other file that it takes: its device number, and its name.
other=/dev/vfio/vfio
[ $WAY = vfio ] || other=/dev/iommu
number=$(stat -c %t:%T $other)
number=$((0x${number%:*})):$((0x${number#*:}))
fails_with 1 "device cgroup" "--device $other" "DeviceAllow=" -- \
	without "c $number rwm" vm_tool open $A
rmdir /devices/pod
fails_with 1 "device cgroup" "--device $file" -- \
	without "c $((0x$(stat -c %t $file))):* rwm" vm_tool open $A
rmdir /devices/pod
umount /devices
mv $file /dev/gone
fails_with 1 "here" "$file" "--device $file" -- vm_tool open $WAY:$A
mv /dev/gone $file
umount /sys
fails_with 1 "/sys/bus/pci does not exist" "mount -t sysfs" -- vm_tool open $A
mount -t sysfs none /sys
vm_tool open $A || exit 1
