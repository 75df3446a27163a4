# Who may do what. To be read by attack.sh.

upgrade=(-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==' -H 'Sec-WebSocket-Protocol: v5.channel.k8s.io')

# audited VERB RESOURCE NAME: the lines of the audit log about it.
audited() { grep "\"verb\":\"$1\"" "$data/audit.log" | grep "\"resource\":\"$2\"" | grep -c "\"name\":\"$3\""; }
audit_of_a_secret() {
	k create secret generic audited --from-literal=word=canary-of-audit >/dev/null
	audited create secrets audited
	grep -c canary-of-audit "$data/audit.log"
	stat -c %a "$data/audit.log"
}

# life TOKEN: for how many seconds it is good.
life() {
	local claims
	claims=$(cut -d. -f2 | tr _- /+ | sed 's/$/===/' | base64 -d 2>/dev/null)
	echo $(($(grep -oE '"exp":[0-9]+' <<<"$claims" | cut -d: -f2) - $(grep -oE '"iat":[0-9]+' <<<"$claims" | cut -d: -f2)))
}
token_of_pod() { k exec victim -- cat /var/run/secrets/kubernetes.io/serviceaccount/token; }
short_lived() {
	local seconds
	seconds=$(token_of_pod | life)
	[ "$seconds" -gt 0 ] && [ "$seconds" -le 3607 ] && echo short || echo "$seconds seconds"
}
dead_token() {
	token[gone]=$(k create token default --bound-object-kind Pod --bound-object-name grower)
	as gone "$A/api"
	k delete pod grower --wait=false --grace-period=0 --force >/dev/null 2>&1
	within 60 eval '[ "$(as gone "$A/api")" = 401 ]' && echo ' then dead'
}

wrong_tokens() {
	local before after
	before=$(wc -l <"$log")
	for _ in $(seq 300); do printf 'url = "%s/api"\noutput = "/dev/null"\n' "$A"; done |
		curl -sk -m 60 -H 'Authorization: Bearer abcdef.0123456789abcdef' -w '%{http_code}\n' -K - | unique
	after=$(wc -l <"$log")
	[ $((after - before)) -le 30 ] || echo "$((after - before)) lines logged for 300 tokens"
}

row S8 'GET is not enough to run a command' 403 as reader "${upgrade[@]}" "$A/api/v1/namespaces/default/pods/victim/exec?command=id&stdout=true"
row S45 'a tenant cannot act as somebody else' 403 as tenant -H 'Impersonate-User: admin' "$A/api/v1/namespaces/u1/pods"
row S44 'a change is one line of the audit log, which is closed and holds no secret' $'1\n0\n600' audit_of_a_secret
row S46 'a token of a pod lives for an hour' short short_lived
row S48 '300 wrong tokens are refused and fill no log' 401 wrong_tokens
explained S48 'a limit for guesses' 'tokens are signatures or 16 random characters (82 bits), compared in constant time: guessing does not end'
