package kubelet

import "github.com/kubernetes-mesos/kubernetes-mesos/executor/hostresolver"

// dns returns the addresses and the domain for pods' resolv.conf. Without a DNS service
// in the cluster, pods use the host's servers: named explicitly, since the kubelet
// would do the same but warn about it for every pod.
func (c *Config) dns() (servers []string, domain string) {
	if len(c.ClusterDNS) > 0 {
		return c.ClusterDNS, c.ClusterDomain
	}
	for _, a := range hostresolver.Servers(hostresolver.File(c.Resolvers)) {
		servers = append(servers, a.String())
	}
	return servers, ""
}
