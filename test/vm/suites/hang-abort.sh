# SPDX-License-Identifier: MIT
# A read that takes 4 s, when 0.5 s is its deadline. QEMU's controller aborts nothing; when a queue
# is deleted it waits for the queue's reads, with the whole machine at a stand, and answers them. So a
# late success is the truth here, and a read that never ends (blkdebug's "break") would be QEMU's end.

# limit BYTES: how much a second may be read; 0: as much as can be.
limit() {
	local set='"path": "/objects/slow", "property": "limits", "value": {"bps-read": '$1'}'
	qmp '{"execute": "qom-set", "arguments": {'"$set"'}}' | grep return || fail "QEMU refused"
}

bind vfio-pci $H
mkfifo line
limit 1024
vm_tool hang $H 500 <line >told 2>&1 &
exec 5>line
wait_for grep -q answered told
limit 0
exec 5>&-
wait $! || fail "$(cat told)"
cat told
grep -q "a command is late: abort" told || fail "no abort"
grep -q "deleting the queues" told || fail "no queue was deleted"
rm line told
