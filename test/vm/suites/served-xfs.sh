# SPDX-License-Identifier: MIT
# An XFS file system is made, filled, trimmed, checked and read back.
needs mkfs.xfs xfs_repair
for module in libcrc32c xfs; do
	[ ! -e /modules/later/$module.ko ] || grep -q "^$module " /proc/modules ||
		insmod /modules/later/$module.ko || fail "no module $module"
done
. /vm/suites/lib/files.sh
make() { mkfs.xfs -q -f $1; }
check() { xfs_repair -n $1; }
holds_files xfs
