# SPDX-License-Identifier: MIT
# guest.sh: what the suites in the guest share. Sourced by busybox sh.

# The drives that test/vm/run puts into the machine.
A=0000:00:04.0 # serial nvu-A: namespace 1 with 512 B blocks, namespace 3 with 4096 B blocks
B=0000:00:05.0 # serial nvu-B: 128 KiB a command; function 0, in one IOMMU group with
C=0000:00:05.1 # serial nvu-C, its function 1
D=0000:00:06.0 # serial nvu-D: stays with the kernel's driver
E=0000:01:00.0 # serial nvu-E, "hot" to QEMU: in a slot, from which it can be removed
# Those of the fault machine. That for endurance has K alone, that for cycles a drive at A.
F=0000:00:04.0 # serial nvu-F, "sound" to QEMU; its blocks hold what is written
G=0000:00:05.0 # serial nvu-G: 32 KiB a command, two queue pairs
H=0000:00:06.0 # serial nvu-H: block 2048 cannot be read, 4096 not written; "slow" to QEMU is its limit
I=0000:00:07.0 # serial nvu-I: namespace 1 is zoned, 2 has 8 B of metadata a block
J=0000:01:00.0 # serial nvu-J, "hot" to QEMU, on its drive "j"
Q=0000:00:0a.0 # serial nvu-Q: namespaces with protection information, each of another format
P=0000:01:00.0 # serial nvu-P: the physical function of two virtual ones, in the functions machine
K=0000:01:00.0 # serial nvu-K, "endured" to QEMU: some of its blocks cannot be read or written
S=0000:00:04.0 # serial nvu-S: nvu's own controller, served to the machine
T=0000:00:05.0 # serial nvu-T: another one, with faults
# Those of the store machine, but for W nvu's own controllers, too.
U=0000:00:04.0 # serial nvu-U: 512 MiB, with a volatile write cache
V=0000:00:05.0 # serial nvu-V: up to four namespaces, formats with 8 B of metadata
W=0000:00:06.0 # serial nvu-W: one of QEMU's

fail() {
	echo "$*"
	exit 1
}

# bind DRIVER ADDRESS...: gives devices to a driver.
bind() {
	local driver=$1 address
	shift
	for address in "$@"; do
		wait_for takes $driver $address
		[ $WAY != iommufd ] || [ $driver != vfio-pci ] || rm -f $(group_file $address)
	done
}
# A device that has just been put in cannot be bound at once, and the kernel's driver may be faster.
takes() {
	local device=/sys/bus/pci/devices/$2
	echo $1 >$device/driver_override
	if [ -e $device/driver ] && [ ! -e /sys/bus/pci/drivers/$1/$2 ]; then
		! comes_up $2 || return 1
		echo $2 >$device/driver/unbind
	fi
	echo $2 >/sys/bus/pci/drivers_probe
	[ -e /sys/bus/pci/drivers/$1/$2 ]
}
# Is the kernel's driver still bringing it up? Linux 6.1's, when it has to stop that, gives the device up
# later, and takes it from whichever driver has it then.
comes_up() {
	[ -e /sys/bus/pci/drivers/nvme/$1 ] &&
		[ "$(cat /sys/bus/pci/devices/$1/nvme/nvme*/state)" != live ]
}

# limit GROUP WHAT NUMBER: QEMU's throttle group lets so much through in a second, such as bps-read or
# iops-total; 0: as much as can be.
limit() {
	local set='"path": "/objects/'$1'", "property": "limits", "value": {"'$2'": '$3'}'
	qmp '{"execute": "qom-set", "arguments": {'"$set"'}}' | grep return || fail "QEMU refused"
}

# trace PATTERN true|false: QEMU begins, or stops, to trace these events.
trace() {
	qmp '{"execute": "trace-event-set-state", "arguments": {"name": "'$1'", "enable": '$2'}}' |
		grep return || fail "QEMU refused"
}

# traced PATTERN: how many lines QEMU has traced that match.
traced() {
	qmp '{"count": "'"$1"'"}' | sed -n 's/.*"return": \([0-9]*\).*/\1/p'
}

# pull ID: begins to pull a device out, in order.
pull() {
	qmp '{"execute": "device_del", "arguments": {"id": "'$1'"}}' | grep return ||
		fail "QEMU refused"
}

# plug ID ADDRESS BUS DRIVE SERIAL: once it has gone, a drive is put there and given to VFIO.
plug() {
	local add='"driver": "nvme", "id": "'$1'", "bus": "'$3'", "drive": "'$4'", "serial": "'$5'"'
	# QEMU never frees a device that still had requests when it was reset, nor its drive.
	add="$add"', "share-rw": true'
	wait_for is_gone $2
	(wait_for adds "$add") || fail "QEMU: $(cat /tmp/reply)"
	wait_for [ -e /sys/bus/pci/devices/$2 ]
	bind vfio-pci $2
}
# QEMU's part of a device goes a little later than the kernel's.
adds() {
	qmp '{"execute": "device_add", "arguments": {'"$1"'}}' >/tmp/reply
	grep return /tmp/reply
}
is_gone() {
	[ ! -e /sys/bus/pci/devices/$1 ]
}

# disk ADDRESS NSID: the block device of a namespace that the kernel's driver has.
disk() {
	local path
	wait_for has_namespace $1 $2
	for path in $(namespaces_of $1); do
		[ "$(cat $path/nsid)" != $2 ] || echo /dev/${path##*/}
	done
}
namespaces_of() {
	local path
	for path in /sys/bus/pci/devices/$1/nvme/nvme*/nvme*n*; do
		[ ! -e $path/nsid ] || [ ! -b /dev/${path##*/} ] || echo $path
	done
}
has_namespace() {
	local path
	for path in $(namespaces_of $1); do
		[ "$(cat $path/nsid)" != $2 ] || return 0
	done
	return 1
}

# needs PROGRAM...: skips the suite without them.
needs() {
	local program
	for program in "$@"; do
		command -v $program >/dev/null || {
			echo "there is no $program"
			exit 77
		}
	done
}

# load MODULE...: what the kernel does not have yet; without a file it may be built in.
load() {
	local module
	for module in "$@"; do
		grep -q "^$(echo $module | tr - _) " /proc/modules || [ ! -e /modules/later/$module.ko ] ||
			insmod /modules/later/$module.ko || fail "no module $module"
	done
}

# wait_for COMMAND...: until it succeeds, 60 s at most, which a loaded host may need.
wait_for() {
	local tries=0
	until "$@" >/dev/null 2>&1; do
		usleep 50000
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || fail "not within 60 s: $*"
	done
}

# works PID: a thread that perf has started, which it does when its queues are there, has used 0.3 s of
# the processor: it is in the midst of its I/O.
works() {
	local task ticks
	for task in /proc/$1/task/*; do
		ticks=$(cut -d ' ' -f 14 $task/stat)
		[ ${task##*/} = $1 ] || [ "${ticks:-0}" -lt 30 ] || return 0
	done
	return 1
}

# seconds: since the machine started.
seconds() {
	cut -d . -f 1 /proc/uptime
}

# ends PID STATUS TEXT FILE: a program in the background ends with STATUS, and FILE has TEXT.
ends() {
	local status
	wait $1
	status=$?
	[ $status = $2 ] || fail "exit status $status, not $2: $(cat $4)"
	grep -q "$3" $4 || fail "no \"$3\" in: $(cat $4)"
}

# group_file ADDRESS: its IOMMU group's file.
group_file() {
	echo /dev/vfio/$(basename $(readlink /sys/bus/pci/devices/$1/iommu_group))
}

# drive_file ADDRESS: the file that opens it: its group's, or through iommufd its own.
drive_file() {
	if [ $WAY = iommufd ]; then
		echo /dev/vfio/devices/$(ls /sys/bus/pci/devices/$1/vfio-dev)
	else
		group_file $1
	fi
}

# fails_with STATUS TEXT... -- COMMAND...: COMMAND ends with STATUS and its output has every TEXT.
fails_with() {
	local expected=$1 texts='' output status text
	shift
	while [ "$1" != -- ]; do
		texts="$texts$1
"
		shift
	done
	shift
	output=$("$@" 2>&1)
	status=$?
	echo "$output"
	[ $status = $expected ] || fail "exit status $status, not $expected: $output"
	printf %s "$texts" | while IFS= read -r text; do
		case $output in *"$text"*) ;; *) fail "no \"$text\" in: $output" ;; esac
	done || exit 1
}

# What the kernel says when a device was stopped by the IOMMU, or worse.
complaint='DMAR: .*(fault|DMA (Read|Write))|smmu.*: event |vfio.*(fail|error)|BUG:|WARNING:|Oops'
dma_faults() { dmesg | grep -E "$complaint"; }

# What it said, and the tests did, before and after the last of these.
complaints_in_context() { dmesg | grep -E -B 20 -A 5 "$complaint" | tail -n 60; }

# The same, and whatever else it calls an error; that a drive cannot read a block is none here.
kernel_errors() {
	{
		dma_faults
		dmesg -r | grep '^<[0-3]>'
	} | grep -v -e 'I/O error.* dev nvme' -e 'nvme[0-9n]*: guard tag error'
}
