# SPDX-License-Identifier: MIT
# Namespaces are made, attached, detached and deleted; the kernel's driver sees them come and go.
needs nvme
bind nvme $V
disk $V 1 >/dev/null
ctrl=/dev/$(basename /sys/bus/pci/devices/$V/nvme/nvme*)
id=$(nvme id-ctrl $ctrl | sed -n 's/^cntlid *: *//p')
is_away() { ! has_namespace $V $1; }
made=$(nvme create-ns $ctrl --nsze=4096 --ncap=4096 --flbas=0) || fail "create-ns: $made"
case $made in *nsid:2*) ;; *) fail "not namespace 2: $made" ;; esac
nvme list-ns $ctrl --all | grep -q 0x2 || fail "list-ns: $(nvme list-ns $ctrl --all)"
is_away 2 || fail "it is there before it is attached"
nvme attach-ns $ctrl --namespace-id=2 --controllers=$id || fail "attach-ns"
disk=$(disk $V 2)
[ "$(cat /sys/block/${disk##*/}/size)" = 4096 ] || fail "size $(cat /sys/block/${disk##*/}/size)"
vm_tool noise noise $((1 << 20)) 9 || exit 1
dd if=noise of=$disk bs=64k oflag=direct conv=fsync 2>/dev/null || fail "no write"
vm_tool same noise $disk 0 $((1 << 20)) || fail "other data"
nvme detach-ns $ctrl --namespace-id=2 --controllers=$id || fail "detach-ns"
wait_for is_away 2
nvme attach-ns $ctrl --namespace-id=2 --controllers=$id || fail "attach-ns, again"
vm_tool same noise $(disk $V 2) 0 $((1 << 20)) || fail "other data, attached again"
nvme delete-ns $ctrl --namespace-id=2 || fail "delete-ns"
wait_for is_away 2
! nvme list-ns $ctrl --all | grep -q 0x2 || fail "it is listed after it was deleted"
has_namespace $V 1 || fail "namespace 1 has gone, too"
rm noise
