# SPDX-License-Identifier: MIT
# files.sh: what the suites of file systems share. They define make DISK, and check DISK.

# fill FOLDER: some files of many lengths, some of them removed again; the sums of the others are in /tmp/sums.
fill() {
	local n
	for n in $(seq 40); do
		vm_tool noise $1/file$n $((n * n * 1001)) $n || exit 1
	done
	rm $1/file*3 $1/file*7
	(cd $1 && sync && md5sum file*) >/tmp/sums
}

# holds_files TYPE
holds_files() {
	local disk ctrl
	bind nvme $U
	disk=$(disk $U 1)
	ctrl=$(echo /sys/bus/pci/devices/$U/nvme/nvme*)
	live() { [ "$(cat $ctrl/state)" = live ]; }
	make $disk || fail "$1 cannot be made"
	mkdir -p /tmp/mounted
	mount -t $1 $disk /tmp/mounted || fail "$1 cannot be mounted: $(dmesg | tail -n 2)"
	fill /tmp/mounted
	echo 1 >$ctrl/reset_controller || fail "a reset is refused"
	wait_for live
	rm /tmp/mounted/file40
	sed -i '/ file40$/d' /tmp/sums
	fstrim /tmp/mounted || fail "fstrim"
	umount /tmp/mounted || fail "umount"
	check $disk || fail "$1 is damaged"
	# Linux has nothing in its memory of what it has written.
	bind vfio-pci $U
	bind nvme $U
	disk=$(disk $U 1)
	mount -t $1 -o ro $disk /tmp/mounted || fail "$1 cannot be mounted again: $(dmesg | tail -n 2)"
	(cd /tmp/mounted && md5sum -c /tmp/sums) >/tmp/sums.log || fail "$(grep -m 1 -v OK /tmp/sums.log)"
	umount /tmp/mounted || fail "umount"
}
