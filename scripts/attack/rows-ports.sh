# What each port tells and admits. To be read by attack.sh.

external=$(hostname -I | cut -d' ' -f1)
external=${external:-127.0.0.2} # without a network: another address than the one that is served

# tree PID: the process and all that it started.
tree() {
	local child
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$child"; done
}

# open_ports: where our processes can be reached from other machines, but for the
# secure port and the kubelet's.
open_ports() {
	local pids kubelet names
	kubelet=$(k get nodes -o jsonpath='{.items[0].status.daemonEndpoints.kubeletEndpoint.Port}')
	names=$(k get nodes -o jsonpath='{.items[0].metadata.annotations.mesos\.executor/dns}')
	pids=$(tree "$runner" | paste -sd'|')
	ss -Hltnp | grep -E "pid=($pids)," | awk '{print $4}' | grep -vE "^(127\.|\[::1\])|:($secure|$kubelet|${names%% *})$"
}

refused_to_connect() {
	curl -s -m 3 -o /dev/null "$@"
	case $? in 7 | 28) echo refused ;; *) echo "curl ended with $?" ;; esac
}

# handshake OPTIONS...: whether the secure port agrees to it.
handshake() {
	if openssl s_client -connect "127.0.0.1:$secure" "$@" </dev/null 2>&1 | grep -q 'BEGIN CERTIFICATE'; then echo agreed; else echo refused; fi
}

kubelet_url() {
	k get nodes -o jsonpath="https://{.items[0].status.addresses[?(@.type=='InternalIP')].address}:{.items[0].status.daemonEndpoints.kubeletEndpoint.Port}"
}

kubelet_of_strangers() {
	local path url
	url=$(kubelet_url)
	for path in /pods /exec/default/victim/c?command=id /run/default/victim/c?cmd=id /containerLogs/default/victim/c /logs/ /metrics /configz; do
		code "$url$path"
		echo
	done | unique
}

row S1 'strangers read nothing' 401 code "$A/api/v1/secrets"
row S2 'strangers do not even learn whether it is well; /healthz is on the local port' 401 code "$A/livez"
row S4 'the local port is not there for other machines' refused refused_to_connect "http://$external:$port/api/v1beta1/pods"
row S5 'TLS 1.1 is not spoken' refused handshake -tls1_1 -cipher 'ALL:@SECLEVEL=0'
row S5 'TLS 1.3 is (the row above means something)' agreed handshake -tls1_3
row S6 'weak ciphers are not spoken' refused handshake -tls1_2 -cipher 'AES128-SHA:DES-CBC3-SHA:@SECLEVEL=0'
row S26 'no profile is served' '40[14]' code "$A/debug/pprof/"
row S27 'metrics want a token' 401 code "$A/metrics"
within 60 k wait --for=condition=Ready pod/victim --timeout=1s
row S3 'nothing else is open to other machines' '' open_ports
row S7 'the kubelet answers nobody without a certificate or token' 401 kubelet_of_strangers
row S7 'it has no port without authentication' refused refused_to_connect "http://$external:10255/pods"

# The local port.
as_user_nobody() { as_nobody curl -s -m 10 "$L/api/v1/namespaces/kube-system/secrets"; }
impersonated() {
	local path
	for path in /api/v1beta1/pods /api/v1/pods; do
		code -H 'Impersonate-User: somebody' "$L$path"
		echo
	done | unique
}
row 1.2 'the local port refuses other users, and names the flag that admits them' '.*65534.*-local_port_users.*' as_user_nobody
row 1.2 'who acts as another has his rights only' 403 impersonated
row S40 'no page of another origin gets in' 403 code -H 'Origin: https://evil' "$L/api/v1beta1/pods"
row S40 'no name that leads here gets in (DNS rebinding)' 403 code -H 'Host: evil' "$L/api/v1beta1/pods"
row S40 'no WebSocket of another origin gets in' 403 code -H 'Origin: https://evil' -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
	-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==' "$L/api/v1beta1/watch/pods"
row S41 'no form of a page is taken' 403 code -X POST -H 'Origin: http://evil' -H 'Cookie: a=b' -H 'Content-Type: text/plain' -d '{}' "$L/api/v1beta1/pods"
row S41 'a cookie is no credential' 401 code -X POST -H 'Cookie: token=b' -H 'Content-Type: text/plain' -d '{}' "$A/api/v1/namespaces/default/pods"
explained S42 'headers of the UI' 'there is no UI yet'
explained S43 'scripts in names, shown by the UI' 'there is no UI yet; kubectl escapes what it prints'
