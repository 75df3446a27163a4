// Package podnetwork connects the pods of one node to the network of the cluster,
// without a bridge: each pod has an address of the node's range, a veth pair, and a
// route on the host that leads to it.
//
//	pod: eth0 10.244.1.7/32, default via 169.254.1.1; with IPv6 an address more, via fe80::1
//	       │ veth pair
//	host: kmp3f2a90c1b2d4 (no address), route 10.244.1.7 dev kmp3f2a90c1b2d4
//	      unreachable 10.244.1.0/24: absent pods are refused at once
//
// What the host needs besides is in one nftables table per executor: host ports (DNAT)
// and masquerading of what leaves the cluster. Nothing is shared with other executors of
// the host, but the two rules that let pods' packets pass an iptables FORWARD chain
// with the policy DROP.
//
// The package stores nothing: links carry their owner and pod in their alias, so the next
// process finds them, and the caller keeps addresses with its sandboxes.
package podnetwork
