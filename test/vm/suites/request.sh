# SPDX-License-Identifier: MIT
# The drive is to be pulled out: the kernel asks for it, and gets it when the program lets go.
gone() {
	[ ! -e /sys/bus/pci/devices/$E ]
}

bind vfio-pci $E
vm_transport -r $E >told &
wait_for grep -q waiting told
qmp '{"execute": "device_del", "arguments": {"id": "hot"}}' | grep return || fail "QEMU refused"
wait_for grep -q requested told
wait $! || fail "$(cat told)"
wait_for gone
rm told
