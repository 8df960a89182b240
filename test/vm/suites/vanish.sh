# SPDX-License-Identifier: MIT
# Memory decoding and bus mastering are switched off while commands are in flight: through VFIO,
# where the kernel takes the mapping of BAR0 away and the next access raises SIGBUS; and behind its
# back, where what is read from registers is the bus's answer (QEMU's: 0, a real one's: all ones), or
# commands are lost. perf says within its deadline what went wrong and what was done.
bind vfio-pci $F
vm_tool vanish $F || exit 1
vm_tool open $F || exit 1

# command BITS: writes the low byte of the PCI command register.
command() {
	printf "$1" | dd of=/sys/bus/pci/devices/$F/config bs=1 seek=4 conv=notrunc 2>/dev/null
}
# While perf is stopped: QEMU 7.2 may crash when one processor uses registers while another takes them
# away. The drive answers meanwhile what was in flight; so if perf looks at the controller before it has
# sent more, nothing is lost, the reset costs no command, and perf is right to go on: then once more.
lose_commands() {
	perf -t 20 --timeout-ms 1000 $F >messages 2>&1 &
	wait_for works $!
	kill -STOP $!
	command $1
	kill -CONT $!
	begin=$(seconds)
	wait $!
	status=$?
	took=$(($(seconds) - begin))
	grep -q "^perf: .* reads \(failed\|got no answer\)" messages ||
		! grep -q "what nvu did: .*reset, and up again" messages
}
for bits in '\000' '\002'; do
	tries=1
	until lose_commands $bits; do
		[ $tries -lt 10 ] || fail "no command was lost in $tries resets: $(cat messages)"
		tries=$((tries + 1))
	done
	[ $status = 1 ] || fail "exit status $status, not 1: $(cat messages)"
	[ $took -lt 30 ] || fail "perf took $took s to say so"
	grep -q "^perf: .* reads \(failed, .*: ended before it was answered\|got no answer \
within 1000 ms\)" messages || fail "what was lost? $(cat messages)"
	grep -q "^perf: .*: what nvu did: .*reset" messages || fail "what was done? $(cat messages)"
	# Beside those two, a run that goes on says how often it was reset.
	[ $(grep "^perf: " messages | grep -cv "the controller was reset") = 2 ] ||
		fail "that is more than two sentences: $(cat messages)"
	grep "^perf: " messages | sed 's/^/# /'
	vm_tool open $F || exit 1
done
rm messages
