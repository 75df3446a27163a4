// Package networkpolicy enforces NetworkPolicies for the pods of one node.
//
// compile turns the objects of the API into rules for each local pod, as data; render turns
// those into an nftables table, which replaces the former one in a single transaction. The
// table filters what the host forwards. So the host itself, and with it the kubelet's
// probes, reaches its pods whatever policies say, as Kubernetes wants it.
//
// Connections that exist when a policy changes persist.
package networkpolicy
