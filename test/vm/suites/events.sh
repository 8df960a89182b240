# SPDX-License-Identifier: MIT
# A critical warning of the drive arrives as an event, and again after its log page has been read.
warn() {
	local set='"path": "/machine/peripheral/sound", "property": "smart_critical_warning"'
	qmp '{"execute": "qom-set", "arguments": {'"$set"', "value": '$1'}}' | grep return ||
		fail "QEMU refused"
}
waits() {
	[ $(grep -c waiting messages) = $1 ]
}

bind vfio-pci $F
warn 0
vm_tool events $F 2 >messages 2>&1 &
wait_for waits 1
warn 4
wait_for waits 2
warn 1
wait $! || fail "$(cat messages)"
grep event messages | sed 's/^/# /'
grep -qx "event type 1, info 0, log page 2, critical warning 0x04" messages || fail "$(cat messages)"
grep -qx "event type 1, info 2, log page 2, critical warning 0x01" messages || fail "$(cat messages)"
warn 0
rm messages
