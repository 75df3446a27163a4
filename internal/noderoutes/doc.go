// Package noderoutes leads packets from this host to the pods of other nodes. What it does
// follows from the nodes' addresses and ranges alone, so nothing is stored or exchanged:
//
//   - a node that is a neighbour, reached without a gateway, gets a route by its address
//     (host-gw);
//   - a node behind a gateway is reached by VXLAN: one device, and per node a route, a
//     neighbour and a forwarding entry. The device's hardware address is computed from the
//     node's address, so all nodes know it. So is a neighbour's range of IPv6 where one of
//     both has no IPv6 address: the tunnel's own packets are IPv4.
//
// A host with an API server but without pods, which is no node, reaches pods likewise. They
// answer it by the way it came: nodes learn of it from the endpoints of the service
// "kubernetes", and its end of the tunnel has an address that all compute from its own.
//
// Only routes with the protocol number of this package and a destination within the
// cluster are touched, and the one device. Programs of the same host set the same routes.
package noderoutes
