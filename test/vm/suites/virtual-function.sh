# SPDX-License-Identifier: MIT
# An SR-IOV virtual function: offline, nvu says so; once its physical function has brought it online
# it is a controller like any other; taken offline while it is used, it ends with the same words.
device=/sys/bus/pci/devices/$P
wait_for [ -e $device/nvme ]
echo 0 >$device/sriov_drivers_autoprobe
echo 2 >$device/sriov_numvfs
wait_for [ -e $device/virtfn0 ]
M=$(basename $(readlink $device/virtfn0))
bind vfio-pci $M
fails_with 1 "virtual function is offline" -- vm_tool open $M

node=/dev/$(ls $device/nvme)
[ -e $node ] || mknod $node c $(tr : ' ' <$device/nvme/nvme*/dev)
vm_tool manage $node 1 online || exit 1
vm_tool noise sent 65536 7 && vm_tool write $M 1 sent && vm_tool read $M 1 got 65536 || exit 1
vm_tool same sent got 0 65536 || exit 1
rm sent got

perf -t 60 --timeout-ms 2000 $M >messages 2>&1 &
wait_for works $!
vm_tool manage $node 1 offline || exit 1
ends $! 1 "virtual function is offline" messages
rm messages
