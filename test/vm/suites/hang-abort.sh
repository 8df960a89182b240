# SPDX-License-Identifier: MIT
# A read that takes 4 s, when 0.5 s is its deadline. QEMU's controller aborts nothing; when a queue
# is deleted it waits for the queue's reads, with the whole machine at a stand, and answers them. So a
# late success is the truth here, and a read that never ends (blkdebug's "break") would be QEMU's end.

bind vfio-pci $H
mkfifo line
limit slow bps-read 1024
vm_tool hang $H 500 <line >messages 2>&1 &
exec 5>line
wait_for grep -q answered messages
limit slow bps-read 0
exec 5>&-
wait $! || fail "$(cat messages)"
cat messages
grep -q "a command is late: abort" messages || fail "no abort"
grep -q "deleting the queues" messages || fail "no queue was deleted"
rm line messages
