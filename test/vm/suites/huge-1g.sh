# SPDX-License-Identifier: MIT
# The kernel's default huge page has 1 GiB: buffers of 2 MiB leave the pool alone.
bind vfio-pci $A
grep -q '^Hugepagesize: *1048576 kB' /proc/meminfo || fail "$(grep Hugepagesize /proc/meminfo)"
pool() { sed -n 's/^HugePages_Free: *//p' /proc/meminfo; }
total=$(pool)
[ "$total" -gt 0 ] || fail "$(grep -i hugepages_ /proc/meminfo | tr '\n' ' ')"
for bytes in 2097152 $((5 << 20)); do
	vm_tool alloc $A $bytes >messages || fail "$(cat messages)"
	grep -q 'took 0 huge pages' messages || fail "$bytes bytes: $(cat messages)"
done
[ $(pool) = $total ] || fail "$(pool) of $total pages of 1 GiB are left"
