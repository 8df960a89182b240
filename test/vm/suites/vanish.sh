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
# While perf is stopped, with its commands in flight: QEMU 7.2 may crash when one processor uses
# registers while another takes them away.
for bits in '\000' '\002'; do
	perf -t 600 --timeout-ms 1000 $F >told 2>&1 &
	wait_for works $!
	kill -STOP $!
	command $bits
	kill -CONT $!
	begin=$(seconds)
	ends $! 1 "^perf: .* reads \(failed, .*: ended before it was answered\|got no answer \
within 1000 ms\)" told
	[ $(($(seconds) - begin)) -lt 30 ] || fail "perf took $(($(seconds) - begin)) s to say so"
	grep -q "^perf: .*: what nvu did: .*reset" told || fail "what was done? $(cat told)"
	[ $(grep -c "^perf: " told) = 2 ] || fail "that is more than two sentences: $(cat told)"
	grep "^perf: " told | sed 's/^/# /'
	vm_tool open $F || exit 1
done
rm told
