# SPDX-License-Identifier: MIT
# Random writes of 4 to 128 KiB by fio, through both of Linux's ways to queue them, each block verified; also while the
# driver resets the controller. Then the speed of random reads, beside that of QEMU's own controller.
needs fio
bind nvme $U
disk=$(disk $U 1)
ctrl=$(echo /sys/bus/pci/devices/$U/nvme/nvme*)
live() { [ "$(cat $ctrl/state)" = live ]; }

# verifies ENGINE OPTION...: what fio has written it reads back.
verifies() {
	local engine=$1
	shift
	fio --name=verified --filename=$disk --ioengine=$engine --iodepth=16 --direct=1 --rw=randwrite \
		--bsrange=4k-128k --size=24M --verify=crc32c --verify_fatal=1 --randseed=7 "$@" >fio.log 2>&1 ||
		fail "$engine: $(grep -m 1 -i 'verify\|err=' fio.log)"
}
verifies libaio
verifies io_uring --offset=32M
verifies libaio --rw=randtrimwrite --bsrange=64k-64k --offset=64M

verifies libaio --offset=96M --io_size=48M --do_verify=1 &
writer=$!
for turn in 1 2 3; do
	usleep 300000
	echo 1 >$ctrl/reset_controller || fail "reset $turn is refused"
	wait_for live
done
wait $writer || fail "during resets: $(grep -m 1 -i 'verify\|err=' fio.log)"

# reads_a_second DISK
reads_a_second() {
	fio --name=rate --filename=$1 --ioengine=libaio --iodepth=16 --direct=1 --rw=randread --bs=4k \
		--size=48M --time_based --runtime=3 --minimal | cut -d ';' -f 8
}
bind nvme $W
echo "# 4 KiB random reads of Linux at depth 16: $(reads_a_second $disk) a second from nvu's served controller," \
	"$(reads_a_second $(disk $W 1)) from QEMU's"
bind vfio-pci $U
bind nvme $U
