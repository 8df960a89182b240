# SPDX-License-Identifier: MIT
# Another process has the drive.
bind vfio-pci $A
mkfifo line
vm_tool hold $A <line >held &
exec 5>line
wait_for grep -q open held
fails_with 1 "$A is busy" "another process" -- vm_tool open $A
exec 5>&-
wait
rm line held
vm_tool open $A || exit 1
