# SPDX-License-Identifier: MIT
# The perf example at depth 1.
bind vfio-pci $A
perf -q 1 -t $PERF_SECONDS -w randread --json /tmp/perf.json $A || exit 1
[ -s /tmp/perf.json ] || fail "no JSON was written"
grep -i -m 1 iops /tmp/perf.json | sed 's/^ */# /'
