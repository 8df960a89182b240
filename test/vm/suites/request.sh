# SPDX-License-Identifier: MIT
# The drive is to be pulled out: the kernel asks for it, and gets it when the program lets go.
bind vfio-pci $E
vm_transport -r $E >output &
wait_for grep -q waiting output
pull hot
wait_for grep -q requested output
wait $! || fail "$(cat output)"
wait_for is_gone $E
rm output
