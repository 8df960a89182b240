# SPDX-License-Identifier: MIT
# What nvu reads is what the kernel's driver reported in sysfs for the same drive.
trim() { sed 's/^ *//; s/ *$//'; }

bind nvme $A
disk $A 1 >/dev/null
disk $A 3 >/dev/null
kernel=$(
	ctrl=$(echo /sys/bus/pci/devices/$A/nvme/nvme*)
	for name in serial model firmware_rev subsysnqn cntlid; do
		echo "$name=$(trim <$ctrl/$name)"
	done
	for ns in $ctrl/nvme*n*; do
		echo "ns $(cat $ns/nsid) sectors=$(cat $ns/size) block=$(cat $ns/queue/logical_block_size)"
	done | sort # Linux 7 numbers them as it finds them, all at once
)
bind vfio-pci $A
nvu=$(vm_tool identify $A) || fail "$nvu"
echo "$kernel"
[ "$(echo "$kernel" | wc -l)" = 7 ] || fail "the kernel reports: $kernel"
echo "$kernel" | grep -qx serial=nvu-A || fail "the kernel's serial is not nvu-A"
[ "$kernel" = "$nvu" ] || fail "kernel: $(echo $kernel); nvu: $(echo $nvu)"
identify $A >/dev/null || fail "the identify example failed"
identify --json $A >/dev/null || fail "identify --json failed"
