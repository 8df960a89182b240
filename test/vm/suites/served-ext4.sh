# SPDX-License-Identifier: MIT
# An ext4 file system is made, filled, trimmed, checked and read back.
needs mkfs.ext4 e2fsck
. /vm/suites/lib/files.sh
make() { mkfs.ext4 -q -F $1; }
check() { e2fsck -f -n $1; }
holds_files ext4
