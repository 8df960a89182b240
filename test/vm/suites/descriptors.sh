# SPDX-License-Identifier: MIT
# A controller opened by descriptors: by an ordinary user who has no /sys, /dev and /proc.
bind vfio-pci $F
vm_tool fds $F $(drive_file $F) /tmp/empty || exit 1
rmdir /tmp/empty

[ $WAY = vfio ] || exit 0 # the broker knows groups only
# A broker gives the drive to a client of user 1000, and not to user 1001.
broker serve $F /tmp/drive.sock 1000 &
wait_for test -S /tmp/drive.sock
fails_with 1 "Permission denied" -- vm_tool as 1001 65536 broker use /tmp/drive.sock
vm_tool as 1000 65536 broker use /tmp/drive.sock || exit 1
wait $! || fail "the broker has failed"
[ ! -e /tmp/drive.sock ] || fail "its socket is left"
