// Package nodecerts lets the kubelets of Mesos agents have their certificates, and
// no other client.
//
// A kubelet starts with a bootstrap token, which comes with the first task. With the
// token it asks for a client certificate, with that for a serving certificate, and
// later it renews both:
//
//	Tokens      a bootstrap token for each node, which names the only node it is for
//	Identities  what Mesos says of a node: its names and addresses
//	Approver    approves a request that these two allow, see approve
//
// Nothing that a kubelet says of itself is relied upon, but its IPv6 address in a cluster of
// two IP families, see [Second].
package nodecerts
