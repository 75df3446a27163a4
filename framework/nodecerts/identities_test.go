package nodecerts

import (
	"net"
	"testing"
)

// An agent that Mesos knows at a loopback address is on this machine, and
// certifies its addresses; another one does not.
func TestIdentities(t *testing.T) {
	t.Parallel()
	ids := NewIdentities()
	ids.local = func() []net.IP { return []net.IP{net.IPv4(192, 168, 0, 9)} }
	for ip, want := range map[string]int{"127.0.0.1": 2, "::1": 2, "10.0.0.1": 1, "agent.example.com": 0, "": 0} {
		ids.Set(Identity{Node: "n1", Hostname: "N1.example.com", IP: ip})
		names, ips := ids.addresses("n1")
		if len(ips) != want || len(names) != 2 || names[0] != "n1" || names[1] != "N1.example.com" {
			t.Errorf("%q: names %q, addresses %v", ip, names, ips)
		}
	}
	if names, ips := ids.addresses("unknown"); names != nil || ips != nil {
		t.Errorf("an unknown node has %q, %v", names, ips)
	}
}

// This machine has at least its loopback address.
func TestInterfaceAddresses(t *testing.T) {
	t.Parallel()
	for _, ip := range interfaceAddresses() {
		if ip.IsLoopback() {
			return
		}
	}
	t.Errorf("no loopback address among %v", interfaceAddresses())
}
