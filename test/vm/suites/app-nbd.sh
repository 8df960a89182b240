# SPDX-License-Identifier: MIT
# The kernel's NBD client uses a drive through nbdkit and nvu, with a file system on it; then the kernel's NVMe driver
# finds the same files.
needs nbdkit-nvu-plugin.so nbdkit nbd-client mkfs.ext4 e2fsck
. /vm/suites/lib/files.sh
. /vm/suites/lib/nbd.sh
nbd_start
mkfs.ext4 -q -F /dev/nbd0 || fail "ext4 cannot be made"
mkdir -p /tmp/mounted
mount -t ext4 /dev/nbd0 /tmp/mounted || fail "ext4 cannot be mounted: $(dmesg | tail -n 2)"
fill /tmp/mounted
fstrim /tmp/mounted || fail "fstrim"
umount /tmp/mounted || fail "umount"
e2fsck -f -n /dev/nbd0 || fail "ext4 is damaged"
nbd_stop
bind nvme $A
mount -t ext4 -o ro $(disk $A 1) /tmp/mounted || fail "the kernel's driver: $(dmesg | tail -n 2)"
(cd /tmp/mounted && md5sum -c /tmp/sums) >/tmp/sums.log || fail "$(grep -m 1 -v OK /tmp/sums.log)"
umount /tmp/mounted || fail "umount"
