# SPDX-License-Identifier: MIT
# The drive is to be pulled out: the kernel asks for it, and gets it when the program lets go.
bind vfio-pci $E
vm_transport -r $E >messages &
wait_for grep -q waiting messages
pull hot
wait_for grep -q requested messages
wait $! || fail "$(cat messages)"
wait_for is_gone $E
rm messages
