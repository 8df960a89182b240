# SPDX-License-Identifier: MIT
# nbd.sh: the drive at A as /dev/nbd0, through nbdkit, nvu and the kernel's NBD client.

nbd_start() {
	load nbd
	bind vfio-pci $A
	rm -f /tmp/nbd.sock
	nbdkit -f -U /tmp/nbd.sock /bin/nbdkit-nvu-plugin.so $A >/tmp/nbdkit.log 2>&1 &
	nbdkit=$!
	wait_for [ -S /tmp/nbd.sock ]
	nbd-client -unix /tmp/nbd.sock /dev/nbd0 -name 1 -b 4096 -C 2 || fail "nbd-client: $(cat /tmp/nbdkit.log)"
	wait_for [ "$(cat /sys/block/nbd0/size)" != 0 ]
}

nbd_stop() {
	nbd-client -d /dev/nbd0 || fail "nbd-client -d"
	kill $nbdkit
	wait $nbdkit || fail "nbdkit: $(cat /tmp/nbdkit.log)"
}
