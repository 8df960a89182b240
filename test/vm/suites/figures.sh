# SPDX-License-Identifier: MIT
# What nvu reads of a controller, and prints by the figures of nvu/print.h, is what nvme-cli prints of the same
# drive by the kernel's driver: value by value, where both name a field alike. The kernel's driver is first,
# since its reads count in the SMART log.

# fields FILE: JSON to lines "name=value": the fields that occur once, bits as the number they are in. Numbers of
# 16 bytes are strings to nvu, and nvme-cli ends texts with blanks.
fields() {
	tr -d '\n' <$1 | sed 's/{"value":\([0-9]*\)[^{}]*}/\1/g' | tr ',{}[]' '\n\n\n\n\n' |
		sed -n 's/^[ \t]*"\([a-z0-9_]*\)" *: *"\{0,1\}\([^" ][^"]*[^" ]\|[^" ]\) *"\{0,1\} *$/\1=\2/p' |
		awk -F = '{ count[$1]++; line[$1] = $0 } END { for (name in line) if (count[name] == 1) print line[name] }' |
		sort
}

# same_fields NAME LEAST: the fields that nvme/NAME and nvu/NAME.json both have are equal, LEAST of them at least.
# Not compared: "ver" and "fguid", which nvme-cli writes in another form.
same_fields() {
	fields nvme/$1 | grep -v '^\(ver\|fguid\)=' >one
	fields nvu/$1.json >two
	awk -F = 'NR == FNR { nvme[$1] = $2; next }
		$1 in nvme { same++; if (nvme[$1] != $2) { print $1 ": nvme-cli " nvme[$1] ", nvu " $2; bad++ } }
		END { if (!bad) print same + 0 }' one two >compared
	[ "$(cat compared)" -ge $2 ] 2>/dev/null || fail "$1: $(tr '\n' ';' <compared)"
	echo "# $1: $(cat compared) values are those of nvme-cli"
}

mkdir -p nvme nvu
bind nvme $A
disk $A 1 >/dev/null
disk $A 3 >/dev/null
node=/dev/$(ls /sys/bus/pci/devices/$A/nvme)
[ -e $node ] || mknod $node c $(tr : ' ' <$(echo /sys/bus/pci/devices/$A/nvme/nvme*/dev))
if [ -x /bin/nvme ]; then
	nvme id-ctrl $node -o json >nvme/identify-controller || fail "nvme id-ctrl: $(cat nvme/identify-controller)"
	nvme id-ns $node -n 1 -o json >nvme/identify-namespace-1 || fail "nvme id-ns"
	nvme id-ns $node -n 3 -o json >nvme/identify-namespace-3 || fail "nvme id-ns"
	nvme error-log $node -e 1 -o json >nvme/error-entry || fail "nvme error-log"
	nvme smart-log $node -o json >nvme/smart || fail "nvme smart-log"
	nvme id-ctrl $node -b >nvme/identify-controller.bin && nvme get-log $node -i 5 -l 4096 -b >nvme/commands.bin &&
		nvme get-log $node -i 3 -l 512 -b >nvme/firmware-slot.bin || fail "nvme get-log"
fi

bind vfio-pci $A
vm_tool figures $A nvu || exit 1
grep -q '"sn":"nvu-A"' nvu/identify-controller.json || fail "no serial number in: $(cat nvu/identify-controller.json)"
[ -x /bin/nvme ] || { echo "nvme-cli is not installed on the host: scripts/vm-setup installs it"; exit 77; }
for name in identify-controller commands firmware-slot; do
	cmp nvme/$name.bin nvu/$name.bin || fail "$name: not the bytes that the kernel's driver reads"
done
[ "frs1=$(dd if=nvme/firmware-slot.bin bs=1 skip=8 count=8 2>/dev/null | sed 's/ *$//')" = \
	"$(fields nvu/firmware-slot.json | grep ^frs1=)" ] || fail "frs1 is wrong in: $(cat nvu/firmware-slot.json)"
same_fields identify-controller 60
same_fields identify-namespace-1 20
same_fields identify-namespace-3 20
same_fields smart 10
same_fields error-entry 5
rm -r nvme nvu one two compared
