package kubelet

import (
	"bufio"
	"net/netip"
	"os"
	"strings"
)

// hostResolvConf is where the host's resolver is configured (resolv.conf(5)).
const hostResolvConf = "/etc/resolv.conf"

// dns returns the addresses and the domain for pods' resolv.conf. Without a DNS service
// in the cluster, pods use the host's servers: named explicitly, since the kubelet
// would do the same but warn about it for every pod.
func (c *Config) dns() (servers []string, domain string) {
	if len(c.ClusterDNS) > 0 {
		return c.ClusterDNS, c.ClusterDomain
	}
	return nameservers(hostResolvConf), ""
}

// nameservers returns the servers of a resolv.conf, or none if it cannot be read.
func nameservers(path string) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	var servers []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if addr, err := netip.ParseAddr(fields[1]); err == nil && addr.Zone() == "" {
			servers = append(servers, addr.String())
		}
	}
	return servers
}
