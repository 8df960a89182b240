# SPDX-License-Identifier: MIT
# The doorbell writes that QEMU counts ("ioeventfd" is off, so that it sees each), in a queue pair of 128 entries
# and, for comparison, in one of as many as the controller takes: there each poll returns the completions that it
# takes. QEMU's count is the library's; depth 1 takes at most 1.1 of an I/O, depth 8 at most 0.17.
sq='pci_nvme_mmio_doorbell_sq sqid [1-9]' cq='pci_nvme_mmio_doorbell_cq cqid [1-9]'

# an_io NUMBER: with three decimals, of $ios.
an_io() { echo "$1 $ios" | awk '{ printf "%.3f", $1 / $2 }'; }

# count ENTRIES AT_ONCE shadow|plain: sets ios, entries, seen_sq, seen_cq: what QEMU has seen.
count() {
	local before_sq before_cq counts
	before_sq=$(traced "$sq") before_cq=$(traced "$cq")
	counts=$(vm_tool db-count $F $1 $2 $((1024 + 256 * $2)) $3) || fail "$counts"
	for pair in $counts; do eval $pair; done
	seen_sq=$(($(traced "$sq") - before_sq)) seen_cq=$(($(traced "$cq") - before_cq))
	echo "# $2 at once, $entries entries, $3: $(an_io $seen_sq) SQ and $(an_io $seen_cq) CQ doorbell writes an I/O"
	[ $((seen_sq + seen_cq)) = $registers ] ||
		fail "QEMU has seen $seen_sq and $seen_cq writes, the library counts $registers"
	[ $3 = shadow ] || [ "$seen_sq $seen_cq" = "$sq_ $cq_" ] ||
		fail "QEMU has seen $seen_sq and $seen_cq writes, the library counts $sq_ and $cq_"
}

# takes_at_most THOUSANDTHS: doorbell writes of an I/O.
takes_at_most() {
	[ $(((seen_sq + seen_cq) * 1000)) -le $(($1 * ios)) ] || fail "more than $1 / 1000 doorbell writes an I/O"
}

bind vfio-pci $F
trace 'pci_nvme_mmio_doorbell_*' true
count 128 1 plain
takes_at_most 1100
count 128 8 plain
takes_at_most 170
count 0 1 plain
[ $((seen_sq + seen_cq)) = $((2 * ios)) ] || fail "each poll returns its completion: 2 writes an I/O"
count 0 8 plain
count 128 1 shadow
count 128 8 shadow
trace 'pci_nvme_mmio_doorbell_*' false
