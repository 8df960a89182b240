# SPDX-License-Identifier: MIT
# While somebody else has a device reset, the kernel lets no one open it: nvu waits until it may.
bind vfio-pci $F
reset=/sys/bus/pci/devices/$F/reset
[ -e $reset ] || { echo "the device cannot be reset by itself"; exit 77; }
for turn in $(seq $TURNS); do
	echo 1 >$reset &
	usleep 10000
	identify $F >messages 2>&1 || fail "$(cat messages)"
	wait $!
done
