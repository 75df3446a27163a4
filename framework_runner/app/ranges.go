package app

import (
	"fmt"
	"net/netip"
)

// defaultNodeMask6 is how many bits of a node's range of IPv6 addresses are the network's.
const defaultNodeMask6 = 64

const (
	// nodeMask4 is the same for IPv4: 256 addresses.
	nodeMask4 = 24
	// maxNodeMask6 leaves a node 256 addresses of IPv6, too.
	maxNodeMask6 = 120
	// nodeBits is how many bits of an address may number the nodes: node IPAM has no more.
	nodeBits = 16
	// minMTU6 is the least MTU of a link with IPv6 (RFC 8200).
	minMTU6 = 1280
)

// checkRanges rejects ranges of pods and services that make no network, or not together.
func checkRanges(o *options) error {
	pods, err := parseRanges("cluster_cidr", o.clusterCIDR)
	if err != nil {
		return err
	}
	services, err := parseRanges("service_cluster_ip_range", o.serviceClusterIPRange)
	if err != nil {
		return err
	}
	if o.assignsRanges() {
		for _, p := range pods {
			if err := checkPodRange(o, p); err != nil {
				return err
			}
		}
	}
	for _, s := range services {
		if s.Addr().Is6() && s.Bits() < 64 {
			return fmt.Errorf("-service_cluster_ip_range=%s: no address is given out beyond the first 64 bits of %v: make it /64 or smaller, such as /112", o.serviceClusterIPRange, s)
		}
		for _, p := range pods {
			if s.Overlaps(p) {
				return fmt.Errorf("-service_cluster_ip_range=%s overlaps -cluster_cidr=%s: an address is a pod's or a service's; give one of them another range", o.serviceClusterIPRange, o.clusterCIDR)
			}
		}
	}
	return checkFamilies(o, pods, services)
}

// checkFamilies rejects ranges of pods and services that do not fit together by their IP
// families, or do not fit the other flags.
func checkFamilies(o *options, pods, services []netip.Prefix) error {
	switch {
	case o.podNetwork == networkRouted && len(services) > len(pods):
		return fmt.Errorf("-service_cluster_ip_range=%s has two IP families, and -cluster_cidr=%s one: services of the other would have no pods; give both flags two ranges", o.serviceClusterIPRange, o.clusterCIDR)
	case len(pods) > 0 && len(services) > 0 && pods[0].Addr().Is6() != services[0].Addr().Is6():
		return fmt.Errorf("-cluster_cidr=%s and -service_cluster_ip_range=%s begin with different IP families: the first one is the cluster's usual one, so give them in the same order", o.clusterCIDR, o.serviceClusterIPRange)
	case len(services) > 0 && services[0].Addr().Is6() && !is6(o.advertiseAddress):
		return fmt.Errorf("-service_cluster_ip_range=%s begins with IPv6, so pods reach the API server by IPv6, and -advertise_address=%s is no address of IPv6: name one, or put the IPv4 range first", o.serviceClusterIPRange, o.advertiseAddress)
	case len(pods) > 1 && o.podMTU != 0 && o.podMTU < minMTU6:
		return fmt.Errorf("-pod_mtu=%d: -cluster_cidr=%s has a range of IPv6, which needs an MTU of %d bytes at least", o.podMTU, o.clusterCIDR, minMTU6)
	}
	return nil
}

// checkPodRange rejects a range that cannot be given to nodes in parts.
func checkPodRange(o *options, p netip.Prefix) error {
	mask := o.nodeCIDRMaskSizeIPv6
	switch {
	case p.Addr().Is4() && p.Bits() > nodeMask4:
		return fmt.Errorf("-cluster_cidr=%s: nodes get parts of 256 addresses, so a network of IPv4 is as 10.244.0.0/16, /%d at most", o.clusterCIDR, nodeMask4)
	case p.Addr().Is6() && (mask < p.Bits() || mask > p.Bits()+nodeBits || mask > maxNodeMask6):
		return fmt.Errorf("-node_cidr_mask_size_ipv6=%d: nodes get parts of %v with this many bits, so it is between %d and %d; take another one, or another -cluster_cidr", mask, p, p.Bits(), min(p.Bits()+nodeBits, maxNodeMask6))
	}
	return nil
}

// parseRanges parses the networks of a flag: none, one of IPv4, or one of each IP family.
func parseRanges(flag, text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, one := range list(text) {
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, fmt.Errorf("-%s=%s: %q is not a network such as 10.244.0.0/16 or fd00:10:244::/56", flag, text, one)
		}
		all = append(all, p.Masked())
	}
	switch {
	case len(all) == 1 && all[0].Addr().Is6():
		return nil, fmt.Errorf("-%s=%s: IPv6 alone is not supported, as Mesos' agents have addresses of IPv4: add a range of IPv4 after it", flag, text)
	case len(all) > 2, len(all) == 2 && all[0].Addr().Is4() == all[1].Addr().Is4():
		return nil, fmt.Errorf("-%s=%s: it is one network, or two of which one is of IPv4 and the other of IPv6", flag, text)
	}
	return all, nil
}

func is6(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Is6() && !a.Is4In6()
}
