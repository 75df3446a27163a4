# The cluster under attack, its users, and short names for asking it. To be read
# by attack.sh.

work=$(mktemp -d /tmp/kubernetes-mesos-attack.XXXXXX)
data=$work/data
image=kubernetes-mesos-attack/busybox:$$
mkdir -m 700 "$data"
started=

# stop ends what was started and removes what was made.
stop() {
	local code=$? pid
	trap - INT TERM EXIT
	for pid in $started; do kill "$pid" 2>/dev/null; done
	for pid in $started; do wait "$pid" 2>/dev/null; done
	docker rmi -f "$image" >/dev/null 2>&1
	rm -rf "$work"
	exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM

# free_port NAME: sets it to a port that nobody listens on.
first=$((26000 + $$ % 3000))
free_port() {
	while ss -Hltn "sport = :$first" | grep -q .; do first=$((first + 1)); done
	printf -v "$1" %d "$first"
	first=$((first + 1))
}
free_port port
free_port secure
free_port mesos

# within SECONDS COMMAND...: until the command succeeds, or time is over.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

A=https://127.0.0.1:$secure
L=http://127.0.0.1:$port
log=$work/framework_runner.log

setsid ./framework_runner/framework_runner -mesos_master=local -local_address="127.0.0.1:$mesos" \
	-port="$port" -secure_port="$secure" -data_dir="$data" \
	-pod_security=baseline -deny_external_ips -encrypt_secrets -audit_log="$data/audit.log" \
	>"$log" 2>&1 </dev/null &
runner=$!
started="$runner $started"

# k: kubectl with all rights, by the local port.
k() { bin/kubectl -s "$L" "$@"; }

# code [CURL'S ARGUMENTS]: the status of a request, without credentials if none are given.
code() { curl -gsk --path-as-is -m 20 -o /dev/null -w '%{http_code}' "$@"; }
# unique: of several statuses each once.
unique() { sort -u | paste -sd' '; }
# as USER [CURL'S ARGUMENTS]: the status of a request by token.
as() {
	local user=$1
	shift
	code -H "Authorization: Bearer ${token[$user]}" "$@"
}
# as_nobody COMMAND...: as another user of this machine.
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
# rss: what framework_runner holds in memory, in MiB.
rss() { awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$runner/status"; }

make_image() {
	local root=$work/image applet
	mkdir -p "$root/bin" "$root/tmp" "$root/etc"
	cp /bin/busybox "$root/bin/"
	for applet in sh sleep cat echo ls ln rm mkdir id head yes tar dd true; do ln -s busybox "$root/bin/$applet"; done
	tar -C "$root" -c . | docker import --change 'ENV PATH=/bin' - "$image" >/dev/null
}

# user NAME NAMESPACE BINDING...: a service account with a binding, and its token.
declare -A token
user() {
	local name=$1 namespace=$2
	shift 2
	k -n "$namespace" create serviceaccount "$name" >/dev/null
	k create "$@" --serviceaccount="$namespace:$name" >/dev/null
	token[$name]=$(k -n "$namespace" create token "$name")
}

make_image
within 60 curl -sf "$L/healthz" || { echo "framework_runner did not come up:" >&2; tail -n 20 "$log" >&2; exit 1; }
k create namespace u1 >/dev/null
k create namespace u2 >/dev/null
within 20 k -n u1 get serviceaccount default
user reader default clusterrolebinding reader --clusterrole=view
user tenant u1 rolebinding tenant -n u1 --clusterrole=admin
user boss default clusterrolebinding boss --clusterrole=cluster-admin

# Pods that rows look at; they start while the first rows run.
sed "s|IMAGE|$image|" scripts/attack/pods.yaml | k apply -f - >/dev/null
