# SPDX-License-Identifier: MIT
# The perf example for 5 s at depth 32.
bind vfio-pci $A
perf -q 32 -t 5 -w randread --json /tmp/perf.json $A || exit 1
[ -s /tmp/perf.json ] || fail "no JSON was written"
grep -i -m 1 iops /tmp/perf.json | sed 's/^ */# /'
