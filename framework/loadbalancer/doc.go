// Package loadbalancer gives services of type LoadBalancer the addresses of nodes that an
// operator has chosen for it.
//
// Nothing outside of the cluster is asked for anything: the proxies of all nodes serve an
// address in a service's status like a cluster IP, so writing the status is all. What a
// service gets decides one pure function, [decide], from all services at once, as two of
// them cannot have one port of one address. [Controller] is the loop around it.
//
// A service's port is taken on the chosen nodes whoever else wants it, by translation of
// addresses, before any program sees the packet. Therefore no node is chosen by default, and
// ports of others are refused: see [Port].
package loadbalancer
