# Nodes that misbehave. To be read by attack.sh.

# certificate NAME: one of the cluster's authority, for a kubelet on loopback.
certificate() {
	openssl ecparam -genkey -name prime256v1 -noout -out "$work/kubelet.key" &&
		openssl req -new -key "$work/kubelet.key" -subj "/CN=system:node:fake" -out "$work/kubelet.csr" &&
		echo subjectAltName=IP:127.0.0.1 >"$work/kubelet.ext" &&
		openssl x509 -req -in "$work/kubelet.csr" -CA "$data/pki/ca.crt" -CAkey "$data/pki/ca.key" -CAserial "$work/serial" -CAcreateserial \
			-days 1 -extfile "$work/kubelet.ext" -out "$work/kubelet.crt"
} >/dev/null 2>&1

# node_with_pod NAME PORT: a node whose kubelet is on loopback, and a pod there.
node_with_pod() {
	k create -f - <<-END
		{"kind":"Node","apiVersion":"v1","metadata":{"name":"$1"}}
	END
	k patch node "$1" --subresource=status -p "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":$2}}}}"
	k create -f - <<-END
		{"kind":"Pod","apiVersion":"v1","metadata":{"name":"on-$1"},"spec":{"nodeName":"$1","containers":[{"name":"c","image":"none"}]}}
	END
} >/dev/null

# fake MODE: a kubelet that misbehaves so; what it is asked goes to $work/MODE.
fake() {
	bin/rude kubelet "$work/kubelet.crt" "$work/kubelet.key" "$1" >"$work/$1" 2>/dev/null &
	started="$! $started"
	within 10 grep -q . "$work/$1"
	node_with_pod "$1" "$(head -n 1 "$work/$1")"
}

redirected() {
	as boss "$A/api/v1/namespaces/default/pods/on-redirect/log"
	echo
	as boss -X POST "${upgrade[@]}" "$A/api/v1/namespaces/default/pods/on-redirect/exec?command=id&stdout=true"
	echo
	grep -c ASKED "$work/redirect"
	grep REDIRECTED "$work/redirect"
}
after_failed_upgrade() {
	bin/rude again "127.0.0.1:$secure" '/api/v1/namespaces/default/pods/on-refuse/exec?command=id&stdout=true' "${token[boss]}" /pods
	grep 'ASKED GET /pods' "$work/refuse"
}
# another_pod: the status of a node's change of a pod that runs elsewhere.
another_pod() {
	local agent pem
	agent=$(k get pod victim -o jsonpath='{.spec.nodeName}')
	agent=$(k get node "$agent" -o jsonpath='{.metadata.annotations.mesos\.agent/id}')
	pem=$(echo /var/lib/kubernetes-mesos/"$agent".*/pki/kubelet-client-current.pem)
	for pod in victim on-redirect; do
		code --cert "$pem" --key "$pem" -X PATCH -H 'Content-Type: application/merge-patch+json' \
			-d '{"status":{"message":"seen"}}' "$A/api/v1/namespaces/default/pods/$pod/status"
		echo
	done
}

certificate
fake redirect
fake refuse
row S19 'nobody follows a kubelet elsewhere' $'[45][0-9]{2}\n[45][0-9]{2}\n[1-9]' redirected
row S20 'after a failed upgrade nothing more reaches the kubelet' '403, then (closed|401)' after_failed_upgrade
row S39 'a node speaks for its own pods alone' $'200\n403' another_pod
explained S21 'the address of a node' 'whoever may change a node says where it is; a kubelet must show a certificate of the cluster for that address (TestLogsFromKubelet in controlplane)'
explained S38 'a byte of the executor is changed' 'an executor that replaces itself compares hashes (TestFetchRefuses in executor/upgrade); the first is fetched by Mesos, which compares none: fetch it in a network that is closed to others'
