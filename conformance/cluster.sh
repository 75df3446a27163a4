# A cluster of agents on hosts of their own: network and mount namespaces with a Docker
# daemon each, in one Ethernet segment that leads nowhere else. Sourced by run.sh, which
# sets $dir, an empty directory with a short path, and calls "cluster_down" in the end.

# host NAME [ADDRESS] makes a host; on NAME COMMAND... runs a command there, and become turns
# a subshell into it, so that it has the process id that the shell knows.
host() {
	unshare --net --mount sh -c 'mount -t tmpfs run /run && ip link set lo up && exec sleep infinity' &
	echo $! >"$dir/$1.host"
	until on "$1" findmnt -t tmpfs /run >/dev/null 2>&1 && on "$1" ip address show dev lo up 2>/dev/null | grep -q inet; do
		kill -0 "$(cat "$dir/$1.host")"
	done
	[ $# -gt 1 ] || return 0
	on segment ip link add "$1" type veth peer name eth0 netns "$(cat "$dir/$1.host")"
	on segment ip link set "$1" master bridge up
	on "$1" ip address add "$2/24" dev eth0
	on "$1" ip link set eth0 up
	on "$1" ip route add default via 192.168.210.1
}

on() (
	become "$@"
)

become() {
	holder=$(cat "$dir/$1.host")
	shift
	exec nsenter --net="/proc/$holder/ns/net" --mount="/proc/$holder/ns/mnt" -- "$@"
}

# docker_on NAME starts a host's Docker with the suite's images.
docker_on() {
	become "$1" sh -c 'exec dockerd --data-root="$1/data" --exec-root="$1/exec" --pidfile="$1/pid" >"$1.log" 2>&1' - "$dir/docker-$1" &
	echo $! >"$dir/$1.docker"
	await "Docker on host $1" 60 on "$1" docker version
	on "$1" "$here/conformance/images.sh" load
}

# await WHAT SECONDS COMMAND...
await() {
	what=$1 end=$(($(date +%s) + $2))
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$end" ] || { echo "$what did not come about" >&2; return 1; }
		sleep 0.2
	done
}

# cluster_up N starts framework_runner with N agents, and a pod on each of them that stays,
# so that each has an executor. framework_runner and the suite are on the first host.
cluster_up() {
	host segment
	on segment ip link add bridge type bridge
	on segment ip address add 192.168.210.1/24 dev bridge
	on segment ip link set bridge up
	namespaces=''
	for n in $(seq "$1"); do
		echo "host $n of $1"
		mkdir -p "$dir/docker-host$n/data" "$dir/docker-host$n/exec"
		host "host$n" "192.168.210.1$n"
		docker_on "host$n"
		namespaces="$namespaces,/proc/$(cat "$dir/host$n.host")/ns"
	done
	# As many resources as the tests count on, whatever this machine has; all ports that are not of
	# services, as the tests choose host ports of any kind; and a disk whose tenth part is a whole
	# number of megabytes, in which Mesos counts. Some grow pods in place.
	become host1 "$here/framework_runner/framework_runner" -mesos_master="local($1)" -local_hosts="${namespaces#,}" \
		-local_resources='cpus:16;mem:32768;disk:64000;ports:[1024-29999,31000-65535]' -advertise_address=192.168.210.11 \
		-resize_cpus=1 -resize_mem=512 -pod_network=routed -allow_privileged -executor_idle_timeout=0 \
		-data_dir="$dir/data" -root_dir="$dir/root" -log_dir="$logs" ${CLUSTER_FLAGS:-} >"$logs/framework_runner.log" 2>&1 &
	echo $! >"$dir/framework_runner"
	kubeconfig=$dir/data/admin.kubeconfig
	await "the API" 120 kubectl get --raw /readyz
	await "$1 nodes" 60 nodes_are "$1"
	for node in $(kubectl get nodes -o name); do
		kubectl create -f - <<END
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stays-on-${node##*/}", "namespace": "kube-system"},
 "spec": {"nodeSelector": {"kubernetes.io/hostname": "${node##*/}"}, "containers": [{"name": "pause", "image": "registry.k8s.io/pause:3.10.2"}]}}
END
	done
	kubectl -n kube-system wait --for=condition=Ready --timeout=120s pod --all
	kubectl get nodes -o wide
}

nodes_are() { [ "$(kubectl get nodes -o name | wc -l)" = "$1" ]; }

kubectl() { on host1 "$bin/kubectl" --kubeconfig "$kubeconfig" "$@"; }

# cluster_down ends all of it.
cluster_down() {
	stop framework_runner
	for file in "$dir"/*.docker; do
		[ ! -e "$file" ] || stop "${file##*/}"
	done
	for holder in "$dir"/*.host; do
		[ ! -e "$holder" ] || kill "$(cat "$holder")" || true
	done
	wait
}

# stop NAME ends the process of $dir/NAME, and waits for it.
stop() {
	[ -e "$dir/$1" ] || return 0
	kill "$(cat "$dir/$1")" 2>/dev/null || true
	wait "$(cat "$dir/$1")" || true
	rm "$dir/$1"
}
