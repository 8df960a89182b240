# SPDX-License-Identifier: MIT
# The kernel's driver resets the served controller while it writes; then the function is reset, and bound again. All
# data are there.
bind nvme $S
disk=$(disk $S 1)
ctrl=$(echo /sys/bus/pci/devices/$S/nvme/nvme*)
live() { [ "$(cat $ctrl/state)" = live ]; }
vm_tool noise noise $((32 << 20)) 6 || exit 1
(while [ ! -e stop ]; do dd if=noise of=$disk bs=256k oflag=direct 2>/dev/null || exit 1; done) &
writer=$!
for turn in 1 2 3 4 5; do
	usleep 200000
	echo 1 >$ctrl/reset_controller || fail "reset $turn is refused"
	wait_for live
done
touch stop
wait $writer || fail "a write has failed: $(dmesg | tail -n 3)"
echo 3 >/proc/sys/vm/drop_caches
vm_tool same noise $disk 0 $((32 << 20)) || fail "other data after resets"
echo $S >/sys/bus/pci/drivers/nvme/unbind
echo 1 >/sys/bus/pci/devices/$S/reset || fail "no function reset"
bind nvme $S
vm_tool same noise $(disk $S 1) 0 $((32 << 20)) || fail "other data after a function reset"
rm -f noise stop
