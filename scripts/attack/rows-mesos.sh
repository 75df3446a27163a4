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
	for path in '/master/..%2f..%2fetc' '/master/%00' '/files/read?path=/etc/shadow' '/files/download?path=../../etc/shadow'; do
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

row S36 'odd calls of the local Mesos are refused, and it lives on' Running odd_calls
row S37 'a secret that others can read is not taken' '.*open to everybody.*chmod.*' open_secret
