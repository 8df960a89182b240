# SPDX-License-Identifier: MIT
# Another process has the drive.
bind vfio-pci $A
mkfifo line
vm_tool hold $A <line >held &
exec 5>line
tries=0
while ! grep -q open held; do
	usleep 50000
	tries=$((tries + 1))
	[ $tries -lt 200 ] || fail "the holder does not open the drive"
done
fails_with 1 "$A is busy" "another process" -- vm_tool open $A
exec 5>&-
wait
rm line held
vm_tool open $A || exit 1
