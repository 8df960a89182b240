# SPDX-License-Identifier: MIT
# A drive that nvu has, beyond one machine: the kernel's NVMe/TCP target serves it from the NBD device, and the kernel's
# NVMe/TCP host uses it, over loopback.
needs nbdkit-nvu-plugin.so nbdkit nbd-client nvme
. /vm/suites/lib/nbd.sh
load configfs nvmet nvmet-tcp nvme-fabrics nvme-tcp
ip link set lo up
nbd_start
mkdir -p /sys/kernel/config
mount -t configfs none /sys/kernel/config || fail "no configfs"
target=/sys/kernel/config/nvmet name=nqn.2014-08.org.nvmexpress:nvu-test
mkdir $target/subsystems/$name $target/subsystems/$name/namespaces/1 $target/ports/1 || fail "no target"
echo 1 >$target/subsystems/$name/attr_allow_any_host
echo /dev/nbd0 >$target/subsystems/$name/namespaces/1/device_path
echo 1 >$target/subsystems/$name/namespaces/1/enable || fail "the target does not take /dev/nbd0"
echo tcp >$target/ports/1/addr_trtype
echo ipv4 >$target/ports/1/addr_adrfam
echo 127.0.0.1 >$target/ports/1/addr_traddr
echo 4420 >$target/ports/1/addr_trsvcid
ln -s $target/subsystems/$name $target/ports/1/subsystems/$name || fail "the target does not listen"
nvme connect -t tcp -a 127.0.0.1 -s 4420 -n $name || fail "nvme connect: $(dmesg | tail -n 3)"
remote() { nvme list | grep -o '/dev/nvme[0-9]*n1' | head -n 1; }
wait_for [ -n "$(remote)" ]
disk=$(remote)
vm_tool noise noise $((4 << 20)) 31 || exit 1
dd if=noise of=$disk bs=64k oflag=direct conv=fsync 2>/dev/null || fail "no write: $(dmesg | tail -n 3)"
vm_tool same noise $disk 0 $((4 << 20)) || fail "other data over TCP"
nvme disconnect -n $name || fail "nvme disconnect"
rm $target/ports/1/subsystems/$name
echo 0 >$target/subsystems/$name/namespaces/1/enable
rmdir $target/ports/1 $target/subsystems/$name/namespaces/1 $target/subsystems/$name
umount /sys/kernel/config
nbd_stop
bind nvme $A
vm_tool same noise $(disk $A 1) 0 $((4 << 20)) || fail "other data on the drive"
rm noise
