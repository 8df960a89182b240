# SPDX-License-Identifier: MIT
# An ordinary user in the group's file's good graces, with 64 MiB of locked memory, and nothing more:
# no capability, no other group. I/O, faults, resets and recovery work for that user.
as_user() {
	vm_tool as 1000 65536 "$@"
}
# status KEY VALUE: what the kernel says of such a process.
status() {
	as_user grep -q "^$1:[[:space:]]*$2\$" /proc/self/status ||
		fail "$(as_user grep "^$1:" /proc/self/status)"
}

bind vfio-pci $F
file=$(drive_file $F)
status Uid '1000[[:space:]]1000[[:space:]]1000[[:space:]]1000'
status Gid '1000[[:space:]]1000[[:space:]]1000[[:space:]]1000'
status Groups ' *'
for capabilities in CapInh CapPrm CapEff CapAmb; do
	status $capabilities 0000000000000000
done
[ "$(as_user sh -c 'ulimit -l')" = 65536 ] || fail "the limit is $(as_user sh -c 'ulimit -l')"

fails_with 1 "no permission for $file" -- as_user identify $F
chown 1000 $file
fails_with 1 "locked-memory limit too low" "KiB more are needed" "the limit is 4 KiB" "ulimit -l" \
	-- vm_tool as 1000 4 vm_tool open $F
as_user identify $F || exit 1
as_user write_verify --yes-destroy $F || exit 1
as_user perf -t 2 $F >messages || exit 1
as_user two_queues $F $READS || exit 1
as_user vm_tool fatal $F || exit 1
as_user vm_tool lose $F 500 || exit 1
as_user vm_tool vanish $F || exit 1
as_user vm_tool reset $F 5 retry || exit 1
chown 0 $file
rm messages
