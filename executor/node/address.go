package node

import (
	"errors"
	"net"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// address is where this node is reached. The kubelet refuses loopback, so that on
// a machine whose agent listens there another address of the machine is taken:
// those who can reach loopback can reach that too.
func (n *Node) address() (net.IP, error) {
	if n.cfg.Address != nil {
		return n.cfg.Address, nil
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	if host, _, err := net.SplitHostPort(n.cfg.Endpoint); err == nil {
		if ip := net.ParseIP(host); usable(ip) && has(own, ip) {
			return ip, nil
		}
	}
	if ip, err := utilnet.ChooseHostInterface(); err == nil && usable(ip) {
		return ip, nil
	}
	for _, a := range own { // no default route: any will do
		if ip := ipOf(a); usable(ip) {
			return ip, nil
		}
	}
	return nil, errors.New("node: this machine has no address but loopback; name one by -node_address")
}

// usable says whether an address can be that of a node.
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
