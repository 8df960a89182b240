# SPDX-License-Identifier: MIT
# The pool has huge pages that this process may not have, as in a container: ordinary pages then.
bind vfio-pci $A
# inside CGROUP COMMAND...: in that control group.
inside() {
	sh -c 'echo $$ >'$1'/cgroup.procs; shift; exec "$@"' sh "$@"
}
echo 16 >/proc/sys/vm/nr_hugepages
[ "$(cat /proc/sys/vm/nr_hugepages)" -ge 4 ] || fail "no huge pages"
mkdir -p /cg
mount -t cgroup2 none /cg
echo +hugetlb >/cg/cgroup.subtree_control
for limit in max=0 max=4194304 rsvd.max=0; do
	mkdir /cg/pod
	echo ${limit#*=} >/cg/pod/hugetlb.2MB.${limit%=*}
	inside /cg/pod vm_tool alloc $A $((7 << 20)) || fail "$limit: exit status $?"
	inside /cg/pod vm_tool alloc mock:size=1M 2097152 || fail "$limit: mock: exit status $?"
	[ $limit != max=4194304 ] || inside /cg/pod perf -t 0.5 -q 32 -s 64k $A >messages 2>&1 ||
		fail "$limit: $(cat messages)"
	rmdir /cg/pod
done
# Without a limit they are used, and given back.
vm_tool alloc $A $((16 << 20)) >messages || fail "without a limit: $(cat messages)"
grep -q 'took 8 huge pages' messages || fail "without a limit: $(cat messages)"
grep -q '^HugePages_Free: *16$' /proc/meminfo || fail "$(grep HugePages /proc/meminfo)"
echo 0 >/proc/sys/vm/nr_hugepages
umount /cg
