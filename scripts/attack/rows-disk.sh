# What is on disk and in logs, and another framework_runner, that another user
# runs with the most talkative log. To be read by attack.sh.

k create secret generic hidden --from-literal=word=canary-in-a-secret >/dev/null
k create configmap seen --from-literal=word=canary-in-a-configmap >/dev/null

at_rest() {
	grep -raq canary-in-a-configmap "$data/etcd" && echo 'a configmap is there'
	grep -ral canary-in-a-secret "$data/etcd"
}
# open_files: what others might read. Sandboxes of the local Mesos are their tasks'.
open_files() { find "$data" -perm /077 ! -name '*.crt' ! -path "$data/mesos*"; }
etcd_socket() {
	as_nobody curl -s -m 3 -o /dev/null --unix-socket "$data/etcd/socket" http://etcd/version && echo reached || echo refused
}
long_certificates() {
	local file
	for file in "$data"/pki/*.crt; do
		openssl x509 -noout -checkend $((500 * 24 * 3600)) -in "$file" >/dev/null || echo "$file is over in less than 500 days"
	done
}

row S29 'files are closed to others' '' open_files
row S33 'etcd has no port, and others do not reach its socket' refused etcd_socket
row S34 'secrets are encrypted on disk' 'a configmap is there' at_rest
row S47 'after a start no certificate ends within 500 days' '' long_certificates

# As nobody, with the log at its most talkative.
if wanted S28 || wanted S49; then
	chmod 711 "$work"
	cp framework_runner/framework_runner "$work/nobodys_runner"
	mkdir "$work/nobody"
	chown 65534:65534 "$work/nobody"
	free_port nobodys_port
	free_port nobodys_secure
	N=http://127.0.0.1:$nobodys_port
	setpriv --reuid 65534 --regid 65534 --clear-groups "$work/nobodys_runner" -mesos_master=none -port="$nobodys_port" -secure_port="$nobodys_secure" \
		-data_dir="$work/nobody/data" -v=10 >"$work/talkative.log" 2>&1 </dev/null &
	nobodys=$!
	started="$nobodys $started"
	within 60 curl -sf "$N/healthz"
fi
n() { bin/kubectl -s "$N" "$@"; }
talkative() {
	n create secret generic s --from-literal=word=canary-in-a-log
	n create secret docker-registry r --docker-server=x --docker-username=u --docker-password=canary-of-a-registry
	n get secrets -o yaml
	n create serviceaccount a
	n create token a
	n patch secret s -p '{"stringData":{"word":"canary-of-a-patch"}}'
	curl -sk -H 'Authorization: Bearer canary-of-a-header' "https://127.0.0.1:$nobodys_secure/api"
} >"$work/answers" 2>&1
in_the_log() {
	local encoded
	talkative
	encoded=$(printf canary-in-a-log | base64)
	[ "$(wc -l <"$work/talkative.log")" -gt 500 ] && echo 'it is talkative'
	grep -aoE "canary-[a-z-]+|$encoded|eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}" "$work/talkative.log" | sort | uniq -c
}
nobodys_user() { ps -o user= -p "$nobodys"; }
row S49 'framework_runner needs no root' 'nobody *' nobodys_user
row S28 'at -v=10 no secret is in the log' 'it is talkative' in_the_log
