# The local Mesos, and the secrets for any. To be read by attack.sh.

M=http://127.0.0.1:$mesos

# odd_calls: the statuses of what is no call, each once, and whether Mesos lives.
odd_calls() {
	local path body
	head -c 100000 /dev/urandom >"$work/noise"
	head -c 200000 "$work/deep.json" >"$work/noise.json" 2>/dev/null || head -c 200000 /dev/zero | tr '\0' '[' >"$work/noise.json"
	echo '{"type":"SUBSCRIBE","subscribe":{}}' >"$work/empty.json"
	echo '{"type":"NONSENSE"}' >"$work/unknown.json"
	for path in /api/v1/scheduler /api/v1/executor /api/v1; do
		for body in noise noise.json empty.json unknown.json; do
			code -X POST -H 'Content-Type: application/json' --data-binary "@$work/$body" "$M$path"
			echo
			code -X POST -H 'Content-Type: application/x-protobuf' --data-binary "@$work/$body" "$M$path"
			echo
		done
	done | grep -v '^4'
	for path in '/master/..%2f..%2fetc' '/master/%00'; do
		code "$M$path"
		echo
	done | grep -v '^4'
	k get pod victim -o jsonpath='{.status.phase}'
}

# starts_with FLAGS...: why framework_runner refuses to start with them.
starts_with() { timeout 20 framework_runner/framework_runner -data_dir="$work/other" -mesos_master=127.0.0.1:1 "$@" 2>&1 | head -n 1; }
open_secret() {
	echo sesame >"$work/secret"
	chmod 644 "$work/secret"
	starts_with -mesos_authentication_principal=p -mesos_authentication_secret_file="$work/secret"
}

# as_mesos_user [CURL'S ARGUMENTS]: the status of what another user of this
# machine sends.
as_mesos_user() {
	as_nobody curl -s -m 10 -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' "$@"
	echo
}
agent() { echo "http://$(curl -s "$M/state" | grep -oE 'slave\([0-9]+\)@127\.0\.0\.1:[0-9]+' | head -n 1 | cut -d@ -f2)"; }
framework() { curl -s "$M/state" | grep -oE '"framework_id": *"[^"]+"' | head -n 1 | cut -d'"' -f4; }
# strangers_at_mesos: the statuses of what would give a user of this machine the
# rights of our framework, our executor or an operator.
strangers_at_mesos() {
	local agent=$(agent) subscribe
	subscribe="{\"type\":\"SUBSCRIBE\",\"framework_id\":{\"value\":\"$(framework)\"},\"executor_id\":{\"value\":\"kubernetes\"},\"subscribe\":{}}"
	{
		as_mesos_user "$M/api/v1/scheduler" -d '{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"x"}}}'
		as_mesos_user "$M/api/v1/scheduler" -u framework_runner:wrong -d '{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"x"}}}'
		as_mesos_user "$M/api/v1" -d '{"type":"GET_AGENTS"}'
		as_mesos_user "$agent/api/v1/executor" -d "$subscribe"
		as_mesos_user "$agent/api/v1/executor" -H 'Authorization: Bearer made-up' -d "$subscribe"
	} | unique
}
wrong_secret() { code -u framework_runner:wrong -X POST -H 'Content-Type: application/json' -d '{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"x"}}}' "$M/api/v1/scheduler"; }
# served: what a Mesos that is served without credentials says of it.
served() {
	local pid free
	free_port free
	framework_runner/framework_runner -mesos_master=local -serve_local_mesos="127.0.0.1:$free" >"$work/served.log" 2>&1 </dev/null &
	pid=$!
	within 20 curl -s -o /dev/null "http://127.0.0.1:$free/state"
	kill "$pid"
	wait "$pid"
	grep -c 'asks for no credentials.*-local_credentials' "$work/served.log"
}

row 1.3 'users of this machine are nobody to the local Mesos' 401 strangers_at_mesos
row 1.3 'a Mesos that is served without credentials warns, once' 1 served
explained 1.3 'a task as root on such a Mesos' 'it starts nothing for anybody (TestGuarded in mesos/local)'
row S37 'a wrong secret is refused' 401 wrong_secret
row S36 'odd calls of the local Mesos are refused, and it lives on' Running odd_calls
row S37 'a secret that others can read is not taken' '.*open to everybody.*chmod.*' open_secret
