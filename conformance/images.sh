#!/bin/sh
# The images that the suite's conformance tests use, made without a registry. The recipes
# below are the table of what each consists of: programs of the suite's own modules, and
# files of Debian's packages (not installed, so nothing of theirs runs while building).
#
# usage: conformance/images.sh build    what is missing, as tar files in bin/conformance/images
#        conformance/images.sh load     into the Docker daemon of DOCKER_HOST
#        conformance/images.sh remove   from there
set -eu
cd "$(dirname "$0")"

label=kubernetes-mesos.conformance
out=$(cd .. && pwd)/bin/conformance/images

# recipes calls "recipe NAME REFERENCES CHANGES" after what fills $tree.
recipes() {
	# As upstream's, which has Alpine's packages: glibc's resolver instead of musl's; no
	# CoreDNS inside, nor images for its fake registry.
	want agnhost && {
		debian bash dash coreutils libc-bin curl bind9-dnsutils netcat-openbsd iproute2 iperf util-linux hostname busybox-static
		ln -sf nc.openbsd "$tree/bin/nc"
		applets
		users 'user-defined-in-image:x:1000:1000::/:/bin/sh' 'user-defined-in-image:x:1000:' 'group-defined-in-image:x:50000:user-defined-in-image'
		program k8s.io/kubernetes/test/images/agnhost agnhost
		cp "$suite/test/images/agnhost/porter/localhost.crt" "$suite/test/images/agnhost/porter/localhost.key" "$tree/"
		ln -s agnhost "$tree/agnhost-2"
		mkdir "$tree/uploads"
		made
	}
	image agnhost "$e2e/agnhost:2.63.0" 'ENTRYPOINT ["/agnhost"]' 'CMD ["pause"]' 'EXPOSE 80 8080 8081 9376 5000'
	image agnhost "$e2e/agnhost:2.55" 'ENTRYPOINT ["/agnhost"]' 'CMD ["pause"]' 'EXPOSE 80 8080 8081 9376 5000'
	# The pictures of the update demo.
	for name in kitten nautilus; do
		want $name && {
			program k8s.io/kubernetes/test/images/agnhost agnhost
			cp "$suite/test/images/$name/html/"* "$tree/"
			made
		}
		image $name "$e2e/$name:1.8" 'ENTRYPOINT ["/agnhost"]' 'CMD ["test-webserver"]'
	done
	# Debian's busybox 1.35 instead of 1.37. Upstream's passes on variables with names that no
	# shell can use, as data-1; Debian's drops them, so to print all of them is left to bash.
	want busybox && {
		debian bash busybox-static
		applets
		rm "$tree/bin/sh"
		printf '#!/bin/bash\n[ "$*" != "-c env" ] || exec /bin/env\nexec -a "$0" /bin/busybox "$@"\n' >"$tree/bin/sh"
		chmod 755 "$tree/bin/sh"
		made
	}
	image busybox "$e2e/busybox:1.37.0-1" 'CMD ["sh"]'
	image busybox "$e2e/nonroot:1.5" 'USER 1234' 'CMD ["sh"]'
	want ipc-utils && {
		debian bash coreutils util-linux
		made
	}
	image ipc-utils "$e2e/ipc-utils:1.4" 'CMD ["sh"]'
	want glibc-dns-testing && {
		debian bash dash coreutils libc-bin hostname bind9-dnsutils busybox-static
		applets
		made
	}
	image glibc-dns-testing "$e2e/glibc-dns-testing:2.0.0" 'CMD ["bash"]'
	# Debian's nginx 1.22 for both versions: that they differ nobody looks at.
	want nginx && {
		debian bash coreutils nginx-light
		users 'www-data:x:33:33::/:/bin/sh' 'www-data:x:33:'
		mkdir -p "$tree/var/log/nginx" "$tree/var/lib/nginx"
		printf 'events {}\nhttp { server { listen 80; root /usr/share/nginx/html; } }\n' >"$tree/etc/nginx/nginx.conf"
		made
	}
	for version in 1.15-4 1.27-0; do
		image nginx "$e2e/nginx:$version" 'CMD ["nginx", "-g", "daemon off;"]' 'EXPOSE 80'
	done
	# Debian's perl 5.36 instead of 5.26.
	want perl && {
		debian bash coreutils perl-base
		made
	}
	image perl "$e2e/perl:5.26" 'CMD ["perl"]'
	want nonewprivs && {
		debian busybox-static
		applets
		program k8s.io/kubernetes/test/images/nonewprivs usr/local/bin/nnp
		chmod +s "$tree/usr/local/bin/nnp"
		made
	}
	image nonewprivs "$e2e/nonewprivs:1.4" 'CMD ["nnp"]'
	want regression-issue-74839 && {
		program k8s.io/kubernetes/test/images/regression-issue-74839 regression-issue-74839
		made
	}
	image regression-issue-74839 "$e2e/regression-issue-74839:1.4" 'ENTRYPOINT ["/regression-issue-74839"]'
	# Of this Kubernetes instead of 1.29.
	want sample-apiserver && {
		program k8s.io/sample-apiserver sample-apiserver
		made
	}
	image sample-apiserver "$e2e/sample-apiserver:1.29.2" 'ENTRYPOINT ["/sample-apiserver"]'
	# The etcd that is inside of framework_runner, as a program.
	want etcd && {
		program go.etcd.io/etcd/server/v3 usr/local/bin/etcd
		made
	}
	image etcd registry.k8s.io/etcd:3.6.8-0 'CMD ["/usr/local/bin/etcd"]'
	want pause && {
		gcc -Os -static -DVERSION=kubernetes -o "$tree/pause" "$suite/build/pause/linux/pause.c"
		made
	}
	image pause registry.k8s.io/pause:3.10.2 'USER 65535:65535' 'ENTRYPOINT ["/pause"]'
}

e2e=registry.k8s.io/e2e-test-images

# want NAME begins a tree, if it is wanted and not there yet.
want() {
	[ "$do" = build ] && [ ! -e "$out/$1.tar" ] || return 1
	name=$1 tree=$work/$1
	mkdir -p "$tree/tmp" "$tree/etc" "$tree/usr/local/bin"
	chmod 1777 "$tree/tmp"
	printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"
	users
	echo "image $name"
}

# made ends it.
made() {
	tar -C "$tree" -c . >"$out/$name.tar.new"
	mv "$out/$name.tar.new" "$out/$name.tar"
	rm -rf "$tree"
}

# users PASSWD-OR-GROUP-LINE...
users() {
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/sh' >"$tree/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: >"$tree/etc/group"
	for line; do
		case $line in
		*:*:*:*:*) printf '%s\n' "$line" >>"$tree/etc/passwd" ;;
		*) printf '%s\n' "$line" >>"$tree/etc/group" ;;
		esac
	done
}

# program PACKAGE FILE: a static Go program.
program() {
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$tree/$2" "$1"
}

# debian PACKAGE...: their files, with those of all that they depend on.
debian() {
	[ -e "$work/updated" ] || { apt-get -qq update && touch "$work/updated"; }
	rm -rf "$work/debs"
	mkdir -p "$work/debs/partial"
	apt-get -qq -y -o Dir::State::status=/dev/null -o Dir::Cache::archives="$work/debs" -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
		--no-install-recommends --download-only install "$@" >/dev/null
	for deb in "$work/debs"/*.deb; do
		dpkg-deb -x "$deb" "$tree"
	done
	rm -rf "$tree/usr/share/doc" "$tree/usr/share/man" "$tree/usr/share/locale"
}

# applets adds those of busybox that nothing else in the tree provides. Its own shell
# prefers them to other programs, so the shell is Debian's where that is in the tree.
applets() {
	[ ! -e "$tree/bin/dash" ] || ln -sf dash "$tree/bin/sh"
	busybox=$tree/bin/busybox
	for applet in $("$busybox" --list); do
		[ -e "$tree/bin/$applet" ] || [ -e "$tree/usr/bin/$applet" ] || [ -e "$tree/sbin/$applet" ] || [ "$applet" = busybox ] ||
			ln -s busybox "$tree/bin/$applet"
	done
}

# image NAME REFERENCE CHANGE...: imports NAME.tar as REFERENCE.
image() {
	[ "$do" = load ] || return 0
	from=$1 ref=$2
	shift 2
	docker image inspect "$ref" >/dev/null 2>&1 && return 0
	n=$#
	while [ "$n" -gt 0 ]; do
		set -- "$@" --change "$1"
		shift
		n=$((n - 1))
	done
	docker import --change "LABEL $label=$from" --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$@" "$out/$from.tar" "$ref" >/dev/null
}

do=${1:?usage: $0 build|load|remove}
case $do in
build)
	suite=$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)
	mkdir -p "$out"
	work=$(mktemp -d "$out/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	recipes
	;;
load) recipes ;;
remove)
	docker image ls -q --filter "label=$label" | sort -u | while read -r id; do docker image rm -f "$id"; done >/dev/null
	;;
esac
