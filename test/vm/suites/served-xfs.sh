# SPDX-License-Identifier: MIT
# An XFS file system is made, filled, trimmed, checked and read back.
needs mkfs.xfs xfs_repair
load libcrc32c xfs
. /vm/suites/lib/files.sh
make() { mkfs.xfs -q -f $1; }
check() { xfs_repair -n $1; }
holds_files xfs
