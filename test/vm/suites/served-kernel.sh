# SPDX-License-Identifier: MIT
# The kernel's driver brings the served controller up, with a queue and an interrupt for each processor, writes and
# reads, discards and flushes.
bind nvme $S
disk=$(disk $S 1)
ctrl=$(echo /sys/bus/pci/devices/$S/nvme/nvme*)
[ "$(cat $ctrl/state)" = live ] || fail "the controller is $(cat $ctrl/state)"
grep -q nvu-S $ctrl/serial || fail "serial $(cat $ctrl/serial)"
name=${ctrl##*/}
for queue in 0 1 2; do
	grep -q "MSI.*${name}q$queue" /proc/interrupts || fail "queue $queue has no interrupt"
done
[ "$(cat /sys/block/${disk##*/}/size)" = $((64 << 11)) ] || fail "size $(cat /sys/block/${disk##*/}/size)"
vm_tool noise noise $((16 << 20)) 5 || exit 1
for block in 4k 64k 1M; do
	dd if=noise of=$disk bs=$block oflag=direct conv=fsync 2>/dev/null || fail "writing by $block"
	echo 3 >/proc/sys/vm/drop_caches
	vm_tool same noise $disk 0 $((16 << 20)) || fail "by $block: other data"
done
blkdiscard -o 0 -l 1048576 $disk || fail "discard"
echo 3 >/proc/sys/vm/drop_caches
[ "$(dd if=$disk bs=64k count=16 iflag=direct 2>/dev/null | tr -d '\000' | wc -c)" = 0 ] ||
	fail "discarded blocks are not zero"
interrupts=$(sed -n "s/.*IR-PCI-MSI.*${name}q1$/&/p" /proc/interrupts | awk '{ print $2 + $3 }')
[ "${interrupts:-0}" -gt 0 ] || fail "no interrupt of queue 1: $(grep $name /proc/interrupts)"
rm noise
