# SPDX-License-Identifier: MIT
# demo.sh: what the demos of applications share.

# demo_packages PACKAGE...: installs the Debian packages that are missing; elsewhere it says what is needed.
demo_packages() {
	local tmp
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		echo "demo: this is not a Debian; make sure to have what these packages hold: $*" >&2
		return
	fi
	tmp=$(mktemp -d)
	fail() {
		cat "$tmp/log" >&2
		echo "demo: $*" >&2
		exit 1
	}
	. scripts/lib/unpack.sh
	install_packages "$@"
	rm -rf "$tmp"
}
