# SPDX-License-Identifier: MIT
#
# unpack.sh, sourced by scripts/*-setup: Debian packages: the host's are installed; those of other
# releases or architectures are fetched from the archives that the host uses, and unpacked only.
#
# For these apt gets a configuration of its own: the host's settings (how to reach an archive) are read, without
# its hooks; its sources, lists and cache are read, never changed.
#
# The caller sets: tmp (a scratch directory), fail() (prints its arguments and ends the program, after
# what is in $tmp/log).

# install_packages PACKAGE...: of the host's release, those that are missing.
install_packages() {
	local package missing=() as_root=()
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || as_root=(sudo)
	command -v "${as_root[@]:-apt-get}" >/dev/null || fail "neither root nor sudo"
	echo "installing ${missing[*]}"
	{ "${as_root[@]}" "${apt[@]}" update && "${as_root[@]}" "${apt[@]}" install -y \
		--no-install-recommends "${missing[@]}"; } >"$tmp/log" 2>&1 || fail "apt-get failed"
}

# host_archives: "LABEL URI CODENAME COMPONENT", a line for each of the host's Debian sources.
host_archives() {
	apt-get indextargets \
		--format '$(CREATED_BY) $(LABEL) $(REPO_URI) $(CODENAME) $(COMPONENT)' 2>/dev/null |
		awk '$1 == "Packages" && $2 ~ /^Debian/ { print $2, $3, $4, $5 }'
}

# source_lines [SUITE...]: the host's Debian sources; or these suites, in the first of its archives.
source_lines() {
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg uri suite
	[ -f "$keys" ] && keys="[signed-by=$keys]" || keys=
	if [ $# = 0 ]; then
		host_archives | awk -v keys="$keys" '{ print "deb", keys, $2, $3, $4 }'
		return
	fi
	uri=$(host_archives | awk '$1 == "Debian" { print $2; exit }')
	for suite in "$@"; do
		[ -z "$uri" ] || echo "deb $keys $uri $suite main"
	done
}

# configure_apt ARCHITECTURE [SUITE...]: from here on apt asks for these, and has asked already.
configure_apt() {
	local apt=$tmp/apt arch=$1
	shift
	mkdir -p "$apt"/{parts,lists/partial,cache/archives/partial,none}
	source_lines "$@" >"$apt/sources.list"
	[ -s "$apt/sources.list" ] || fail "apt knows no Debian archive"
	cp /etc/apt/apt.conf.d/* "$apt/parts/" 2>/dev/null || :
	: >"$apt/status" # nothing is installed: dependencies are everything, the C library included
	cat >"$apt/parts/zz-own" <<-END
		#clear APT::Update;
		#clear APT::Architectures;
		#clear DPkg;
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "$apt/none";
		Dir::Etc::preferencesparts "$apt/none";
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
	END
	echo "Dir::Etc::parts \"$apt/parts\";" >"$apt/apt.conf"
	export APT_CONFIG=$apt/apt.conf
	apt-get -q update >"$tmp/log" 2>&1 || fail "apt-get update failed"
}

unpack_all() {
	local folder=$1 deb
	shift
	mkdir -p "$folder"
	for deb in "$@"; do
		dpkg -x "$deb" "$folder"
		rm "$deb"
	done
}

# download FOLDER PACKAGE...: their contents.
download() {
	local folder=$1
	shift
	mkdir -p "$folder.deb"
	(cd "$folder.deb" && apt-get -q download "$@") >"$tmp/log" 2>&1 ||
		fail "these cannot be fetched: $*"
	unpack_all "$folder" "$folder.deb"/*.deb
	rm -rf "$folder.deb"
}

# download_closure FOLDER SUITE PACKAGE...: the contents of SUITE's packages and of all they depend on.
download_closure() {
	local folder=$1 suite=$2
	shift 2
	apt-get -q -y --download-only --no-install-recommends -t "$suite" install "$@" \
		>"$tmp/log" 2>&1 || fail "these cannot be fetched: $*"
	unpack_all "$folder" "$tmp/apt/cache/archives"/*.deb
}

# needed_by PACKAGE PATTERN: the first package matching PATTERN on which PACKAGE depends.
needed_by() {
	apt-cache depends "$1" 2>/dev/null | sed -n "s/.*Depends: *\\($2\\)\$/\\1/p" | head -n 1
}

# put_kernel FOLDER UNPACKED MODULE...: a kernel and modules of it, and their order, for test/vm/run-vm.
# Up to Linux 6.x one package has it all; since 7.x the kernel lies beside the modules, under usr/lib.
put_kernel() {
	local folder=$1 unpacked=$2 file
	shift 2
	mkdir -p "$folder"
	file=$(find "$unpacked" -name 'vmlinuz*' -type f | head -n 1)
	[ -n "$file" ] || fail "there is no kernel in what was unpacked"
	cp "$file" "$folder/vmlinuz"
	put_modules "$folder" "$unpacked" "$@"
}

# put_modules FOLDER UNPACKED MODULE...: modules of a kernel, and the order in which they are loaded.
put_modules() {
	local folder=$1 unpacked=$2 module file
	shift 2
	mkdir -p "$folder"
	for module in "$@"; do
		file=$(find "$unpacked" -name "$module.ko*" | head -n 1)
		case $file in
		*.xz) xz -dc "$file" >"$folder/$module.ko" ;;
		*.zst) zstd -qdc "$file" >"$folder/$module.ko" ;;
		*.ko) cp "$file" "$folder/" ;;
		*) fail "there is no module $module in what was unpacked" ;;
		esac
	done
	printf '%s\n' "$@" >"$folder/modules"
}

# put_in_place NEW PLACE: in one step, so that it is there whole or not at all.
put_in_place() {
	mkdir -p "${2%/*}"
	rm -rf "$2.new"
	cp -r "$1" "$2.new"
	rm -rf "$2"
	mv "$2.new" "$2"
}
