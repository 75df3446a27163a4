# What a tenant of one namespace sees of others. To be read by attack.sh.

# other_namespace: the statuses of all that a tenant of u1 might try in others.
other_namespace() {
	local path
	for path in namespaces/u2/pods namespaces/default/pods/victim namespaces/default/pods/victim/log namespaces/u2/events \
		'pods?watch=1' 'namespaces/u2/secrets?watch=1&resourceVersion=1' 'watch/namespaces/u2/pods' secrets nodes \
		'namespaces/default/pods/victim/exec?command=id'; do
		as tenant "$A/api/v1/$path"
		echo
	done | unique
}
own_namespace() { as tenant "$A/api/v1/namespaces/u1/pods"; }
node_address() {
	as tenant -X PATCH -H 'Content-Type: application/merge-patch+json' \
		-d '{"status":{"addresses":[{"type":"InternalIP","address":"169.254.169.254"}]}}' "$A/api/v1/nodes/$(k get nodes -o jsonpath='{.items[0].metadata.name}')/status"
}

# v1beta1 on the secure port: what strangers and tenants get.
old_api_of_strangers() {
	code "$A/api/v1beta1/pods"
	echo
	code -X DELETE "$A/api/v1beta1/pods/victim"
}
old_api_of_tenants() {
	local path
	for path in pods?namespace=u2 pods/victim?namespace=default watch/pods?namespace=u2 minions; do
		as tenant "$A/api/v1beta1/$path"
		echo
	done | unique
	as tenant -X DELETE "$A/api/v1beta1/pods/victim?namespace=default"
	echo
	as tenant -H 'Impersonate-User: admin' "$A/api/v1beta1/pods?namespace=u2"
	echo
	as tenant "$A/api/v1beta1/pods?namespace=u1"
}

row 1.2 'v1beta1 on the secure port refuses strangers' $'401\n401' old_api_of_strangers
row 1.2 'it gives a tenant his own rights, and no more' $'403\n403\n403\n200' old_api_of_tenants
row S35 'a tenant has no look into another namespace, nor at all of them' 403 other_namespace
row S35 'he has one into his own (the row above means something)' 200 own_namespace
row S21 'a tenant cannot have a node point elsewhere' 403 node_address
