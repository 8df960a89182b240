# SPDX-License-Identifier: MIT
# A drive is pulled out in order while perf runs: perf lets go and says so, the kernel is content, and
# a drive that is put in afterwards works.
gone() {
	[ ! -e /sys/bus/pci/devices/$J ]
}
there() {
	[ -e /sys/bus/pci/devices/$J ]
}

bind vfio-pci $J
before=$(dma_faults | wc -l)
perf -t 60 $J >told 2>&1 &
wait_for works $!
qmp '{"execute": "device_del", "arguments": {"id": "hot"}}' | grep return || fail "QEMU refused"
ends $! 0 "$J: the kernel asks for the device back" told
wait_for gone
fails_with 1 "no PCI device $J" -- perf -t 1 $J
[ "$(dma_faults | wc -l)" = $before ] || fail "the kernel complains: $(dma_faults | tail -n 1)"

# Not for the kernel's driver: while that probes, the device may come and go.
echo 0 >/sys/bus/pci/drivers_autoprobe
drive='"driver": "nvme", "id": "hot", "bus": "rp", "drive": "j", "serial": "nvu-J2"'
qmp '{"execute": "device_add", "arguments": {'"$drive"'}}' | grep return || fail "QEMU refused"
wait_for there
bind vfio-pci $J
echo 1 >/sys/bus/pci/drivers_autoprobe
vm_tool identify $J | grep -q serial=nvu-J2 || fail "it is not the new drive"
write_verify --yes-destroy $J || exit 1
rm told
