# Odd names, paths and bodies. To be read by attack.sh.

pods=$A/api/v1/namespaces/default/pods
json=(-X POST -H 'Content-Type: application/json')

# v1beta1_paths: what DELETE of a path that is no name is answered with, and
# whether what it might have meant is still there.
v1beta1_paths() {
	local path
	for path in pods/%2e pods/%2e%2e 'pods/%2e%2e?namespace=u1' services/%2e%2e minions/%2e 'pods/x?namespace=%2e%2e'; do
		code -X DELETE "$L/api/v1beta1/$path"
		echo
	done | grep -vE '^4(04|22)$'
	k get namespace u1 -o name
	k get pod victim -o name
}

traversal() {
	local path
	for path in '..%2f..%2fetc' '%2e%2e' 'a%00b'; do
		as boss "$pods/$path"
		echo
	done | grep -vE '^40[04]$'
}

# pod FIELDS: the status of making a pod with these, and the field it blames.
pod() {
	local at=$1 metadata=$2 spec=$3
	printf '%s refused: ' "$at"
	curl -sk -m 10 "${json[@]}" -H "Authorization: Bearer ${token[boss]}" "$pods" -d "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{$metadata},\"spec\":{$spec}}" |
		grep -oE '"code": *[0-9]+|"field": *"[^"]*"' | tr -d ' "\n'
	echo
}
odd_names() {
	local long c='"containers":[{"name":"c","image":"i"}]' x
	long=$(head -c 300 /dev/zero | tr '\0' a)
	for x in a/b .. 'a\nb' "$long" 'раypal'; do
		pod metadata.name "\"name\":\"$x\"" "$c"
		pod 'spec.containers[0].name' '"name":"n"' "\"containers\":[{\"name\":\"$x\",\"image\":\"i\"}]"
		pod 'spec.volumes[0].name' '"name":"n"' "$c,\"volumes\":[{\"name\":\"$x\",\"emptyDir\":{}}]"
		[ "$x" = .. ] || pod metadata.labels "\"name\":\"n\",\"labels\":{\"l\":\"$x\"}" "$c"
	done | grep -vF -e 'metadata.name refused: field:metadata.namecode:422' -e 'metadata.labels refused: field:metadata.labelscode:422' \
		-e 'spec.containers[0].name refused: field:spec.containers[0].namecode:422' -e 'spec.volumes[0].name refused: field:spec.volumes[0].namecode:422'
}

yaml_bomb() {
	local i before began got
	{
		echo 'a0: &a0 [x,x,x,x,x,x,x,x,x]'
		for i in 1 2 3 4 5 6 7 8 9; do echo "a$i: &a$i [$(printf "*a$((i - 1)),%.0s" 1 2 3 4 5 6 7 8)*a$((i - 1))]"; done
	} >"$work/bomb.yaml"
	before=$(rss) began=$(date +%s%N)
	got=$(as boss -X POST -H 'Content-Type: application/yaml' --data-binary "@$work/bomb.yaml" "$pods")
	echo "$got in $((($(date +%s%N) - began) / 1000000000)) s"
	[ $(($(rss) - before)) -lt 100 ] || echo "grew by $(($(rss) - before)) MiB"
}
deep_json() {
	head -c 200000 /dev/zero | tr '\0' '[' >"$work/deep.json"
	as boss "${json[@]}" --data-binary "@$work/deep.json" "$pods"
}
many_patches() {
	{ printf '['; seq 10001 | sed 's|.*|{"op":"add","path":"/metadata/labels/x","value":"&"}|' | paste -sd,; printf ']'; } >"$work/patch.json"
	as boss -X PATCH -H 'Content-Type: application/json-patch+json' --data-binary "@$work/patch.json" "$pods/victim"
}
large_body() {
	head -c 4194304 /dev/zero >"$work/large"
	as boss "${json[@]}" --data-binary "@$work/large" "$pods"
}
gzip_body() {
	head -c 200000000 /dev/zero | gzip -1 >"$work/zeros.gz"
	local before=$(rss)
	as boss "${json[@]}" -H 'Content-Encoding: gzip' --data-binary "@$work/zeros.gz" "$pods"
	[ $(($(rss) - before)) -lt 100 ] || echo " and grew by $(($(rss) - before)) MiB"
}
large_header() {
	{ printf 'X: '; head -c 2097152 /dev/zero | tr '\0' x; } >"$work/header"
	code -H "@$work/header" --http1.1 "$A/livez"
	echo
	code -H "@$work/header" --http2 "$A/livez"
}

row 1.1 'a segment that is no name deletes nothing in v1beta1' $'namespace/u1\npod/victim' v1beta1_paths
row S9 'names do not leave their place in a path' '' traversal
row S10 'the container of a log does not either' 400 as boss "$pods/victim/log?container=..%2f..%2fetc%2fpasswd"
row S10 'there is no way to the files of the machine' 404 as boss "$A/logs/../../etc/shadow"
row S12 'a YAML bomb is refused at once' '400 in 0 s' yaml_bomb
row S13 'deep JSON is refused' 400 deep_json
row S14 'a patch of 10,001 operations is refused' 413 many_patches
row S15 'a large body is refused' 413 large_body
row S15 'a packed body is not unpacked' '4[01][05]' gzip_body
row S16 'a large header is refused or cut off' $'(431|000)\n(431|000)' large_header
row S30 'a name is refused by its field' '' odd_names
row S31 'no service takes the address of another' '.*forbidden.*external IPs.*' k create -f - <<END
{"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{"externalIPs":["192.0.2.1"],"ports":[{"port":80}]}}
END
row S9 'it still answers' ok curl -s -m 10 "$L/healthz"
