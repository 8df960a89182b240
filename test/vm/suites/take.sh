# SPDX-License-Identifier: MIT
# nvu takes a drive from the kernel's driver and gives it back: not one that is in use, and whatever is killed while a
# command has it.
driver() {
	basename "$(readlink /sys/bus/pci/devices/$F/driver)"
}
has_driver() {
	[ "$(driver)" = $1 ]
}

# child PID: its first child. Fails while it has none.
child() {
	ps -o pid,ppid | awk -v parent=$1 '$2 == parent { print $1; found = 1; exit } END { exit !found }'
}

bind nvme $F
echo >/sys/bus/pci/devices/$F/driver_override
disk=$(disk $F 1)
nvu list >said && grep "^$F  nvme" said || fail "list: $(cat said)"

sleep 600 <$disk &
fails_with 1 "is open in process" -- nvu take $F
kill $!
wait $!
if mkswap $disk && swapon $disk; then
	fails_with 1 "is swap" -- nvu take $F
	swapoff $disk || fail "swap stays on"
fi

nvu take $F || exit 1
has_driver vfio-pci || fail "taken, and has the driver $(driver)"
nvu doctor $F || fail "doctor: something is missing"
nvu id-ctrl $F | grep nvu-F || fail "it does not answer"
nvu give $F || exit 1
has_driver nvme || fail "given back, and has the driver $(driver)"
wait_for has_namespace $F 1

nvu take $F -- nvu smart-log $F || fail "the command has failed"
has_driver nvme || fail "after a command it has the driver $(driver)"
wait_for has_namespace $F 1

# With descriptors, by a user who may not open the files.
mkdir -p /etc
grep -q ^alice: /etc/passwd 2>/dev/null || echo "alice:x:1000:1000::/:/bin/sh" >>/etc/passwd
nvu take $F --user alice -- nvu id-ctrl $F || fail "the user's command has failed"
wait_for has_namespace $F 1

# One of the three is killed in the midst of I/O.
for victim in nvu guardian command; do
	nvu take $F -- perf -q 32 -t 600 $F >messages 2>&1 &
	nvu=$!
	wait_for has_driver vfio-pci
	wait_for eval 'guardian=$(child $nvu) && child $guardian'
	guardian=$(child $nvu)
	command=$(child $guardian)
	wait_for works $command
	eval "kill -9 \$$victim"
	wait $nvu
	wait_for has_driver nvme
	wait_for has_namespace $F 1
	dd if=$disk of=/dev/null bs=4096 count=1 2>/dev/null || fail "$victim killed: the kernel cannot read"
done
