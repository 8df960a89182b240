# SPDX-License-Identifier: MIT
# What lib/transport/transport.h states, as on the mock: test/contract. The last line names a case that fails.
bind vfio-pci $A
transport_contract $WAY:$A >/tmp/contract 2>&1 && exit 0
cat /tmp/contract
grep FAILED /tmp/contract | head -n 1
exit 1
