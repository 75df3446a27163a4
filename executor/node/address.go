package node

import (
	"net"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// address returns the node's address. The kubelet refuses loopback, so if the agent
// listens there, another address of the machine is used: what can reach loopback can
// reach that too.
func (n *Node) address() (net.IP, error) {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	if n.cfg.Address != "" {
		return chosen(n.cfg.Address, own)
	}
	if host, _, err := net.SplitHostPort(n.cfg.Endpoint); err == nil {
		if ip := net.ParseIP(host); usable(ip) && has(own, ip) {
			return ip, nil
		}
	}
	if ip, err := utilnet.ChooseHostInterface(); err == nil && usable(ip) {
		return ip, nil
	}
	for _, a := range own { // no default route: use any
		if ip := ipOf(a); usable(ip) {
			return ip, nil
		}
	}
	return nil, badSetting(nodeAddress, "this machine has no address but loopback; name another one")
}

// parseAddress parses a CIDR, or an IP address as the network of that address alone.
func parseAddress(text string) (*net.IPNet, error) {
	if ip := net.ParseIP(text); ip != nil {
		bits := 8 * len(ip)
		return &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)}, nil
	}
	_, network, err := net.ParseCIDR(text)
	if err != nil && text != "" {
		return nil, badSetting(nodeAddress, "%q is neither an IP address nor a network like 10.1.0.0/16", text)
	}
	return network, nil
}

// chosen returns the address in text, or the first address of own in the network in
// text.
func chosen(text string, own []net.Addr) (net.IP, error) {
	network, err := parseAddress(text)
	if err != nil {
		return nil, err
	}
	if ones, bits := network.Mask.Size(); ones == bits {
		return network.IP, nil
	}
	for _, a := range own {
		if ip := ipOf(a); usable(ip) && network.Contains(ip) {
			return ip, nil
		}
	}
	return nil, badSetting(nodeAddress, "this machine has no address in %s; it has %v", text, own)
}

// usable reports whether an address can be that of a node.
func usable(ip net.IP) bool { return ip != nil && ip.IsGlobalUnicast() }

func has(own []net.Addr, ip net.IP) bool {
	for _, a := range own {
		if ip.Equal(ipOf(a)) {
			return true
		}
	}
	return false
}

func ipOf(a net.Addr) net.IP {
	if n, ok := a.(*net.IPNet); ok {
		return n.IP
	}
	return nil
}
