# SPDX-License-Identifier: MIT
# The drive is to be pulled out: the kernel asks for it, and gets it when the program lets go.
bind vfio-pci $E
vm_transport -r $E >told &
wait_for grep -q waiting told
pull hot
wait_for grep -q requested told
wait $! || fail "$(cat told)"
wait_for is_gone $E
rm told
