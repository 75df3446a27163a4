// Package serviceproxy leads what is sent to a service to one of its endpoints, by rules of
// the host's nftables. The rules are kube-proxy's own, from its library; this package
// decides whether and when this process makes them:
//
//   - One process per network namespace of a host does, by a lock. When it ends, the rules
//     stay, and the next executor takes over.
//   - A kube-proxy of another cluster is left alone.
//   - Nothing that is sent to a service's address leaves the host untranslated, also when
//     the service does not exist or has no rules yet: a table of our own rejects it.
package serviceproxy
