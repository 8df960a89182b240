# SPDX-License-Identifier: MIT
# QEMU fails each read of one block, and each write of another: perf counts, says what it was, and
# the queue pair goes on.
bind vfio-pci $H
fails_with 1 "1 read failed, the first at block 2048: an unrecovered read error" \
	-- perf -q 4 -s 512 -c 8 -w read -l 2044:8 $H
fails_with 1 "2 writes failed, the first at block 4096: a write fault" \
	-- perf --yes-destroy -q 4 -s 512 -c 16 -w write -l 4092:8 $H
perf -q 4 -s 512 -c 64 -w read -l 2040:8 $H || exit 1
