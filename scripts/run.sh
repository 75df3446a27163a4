#!/bin/sh
# The main job, shown: a pod POSTed to /api/v1beta1/pods runs in Docker as a
# Mesos task, and a service leads to it. Stays in the foreground until Ctrl-C, and leaves nothing behind.
set -eu
cd "$(dirname "$0")/.."

port=${PORT:-8080}
mesos=127.0.0.1:${MESOS_PORT:-5050}
api=http://localhost:$port/api/v1beta1

scripts/need.sh curl=curl nft=nftables ip=iproute2
scripts/docker.sh
./build.sh
scripts/image.sh nginx

data=$(mktemp -d /tmp/kubernetes-mesos.XXXXXX)
runner=
stop() {
	trap - INT TERM EXIT
	[ -z "$runner" ] || { echo "Stopping: the pods, their executors, the local Mesos and the API end"; kill -TERM "$runner" 2>/dev/null; wait "$runner" || true; }
	rm -rf "$data"
	exit "${1:-0}"
}
trap 'stop 0' INT TERM
trap 'stop 1' EXIT

show() { printf '\n$ %s\n' "$*"; sh -c "$*"; }

log=$data/framework_runner.log
echo "Starting framework_runner (log: $log)"
# In a session of its own: Ctrl-C is for this script, which then ends it in order.
setsid ./framework_runner/framework_runner -mesos_master=local -local_address="$mesos" -port="$port" \
	-secure_port="${SECURE_PORT:-6443}" -data_dir="$data" >"$log" 2>&1 </dev/null &
runner=$!

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
	seconds=$1 what=$2
	shift 2
	left=$((seconds * 5))
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		if [ $left -le 0 ] || ! kill -0 "$runner" 2>/dev/null; then
			echo "$what did not come about; the end of the log:" >&2
			tail -n 20 "$log" >&2
			exit 1
		fi
		sleep 0.2
	done
}

await 60 "The API" curl -sf "http://localhost:$port/healthz"

show "curl -sL $api/pods -XPOST -d @examples/pod.json"

phase() { curl -s "http://localhost:$port/api/v1/namespaces/default/pods/php" | sed -n 's/^ *"phase": "\(.*\)".*/\1/p'; }
seen=
left=600
until [ "$seen" = Running ]; do
	now=$(phase)
	[ "$now" = "$seen" ] || echo "The pod php is $now"
	seen=$now
	left=$((left - 1))
	if [ $left -le 0 ]; then
		echo "The pod php is still $seen after 60 s; the end of the log:" >&2
		tail -n 20 "$log" >&2
		exit 1
	fi
	sleep 0.1
done

task="curl -s http://$mesos/state | grep -m 1 '\"state\"'"
await 10 "TASK_RUNNING" sh -c "$task | grep -q TASK_RUNNING"
show "$task"
show "docker ps"
await 30 "An answer from the pod" curl -sf http://localhost:31080/
show "curl -s http://localhost:31080/"

v1=http://localhost:$port/api/v1
show "curl -s $v1/namespaces/default/services -H 'Content-Type: application/yaml' --data-binary @examples/service.yaml | grep -i port"
node=$(curl -s "$v1/nodes" | sed -n 's/^ *"address": "\([0-9.]*\)".*/\1/p' | head -n 1)
network=$(curl -s "$v1/nodes" | grep -A 6 '"type": "PodNetwork"' || true)
outcome="The pod runs, and the service leads to it."
case $network in
*'"status": "False"'*) outcome="The pod runs. The service cannot be reached on this machine:
$(echo "$network" | sed -n 's/^ *"message": "\(.*\)"$/\1/p')" ;;
*)
	await 30 "An answer from the service" curl -sf -m 2 "http://$node:30081/"
	show "curl -s http://$node:30081/"
	;;
esac

cat <<END

$outcome Try in another terminal:
  curl -L $api/pods
  kubectl -s http://localhost:$port get pods,services,nodes -o wide
Ctrl-C ends everything that was started here.
END
wait "$runner"
END_OF_RUNNER=$?
runner=
echo "framework_runner ended by itself (exit code $END_OF_RUNNER); the end of the log:" >&2
tail -n 20 "$log" >&2
exit 1
