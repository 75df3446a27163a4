package noderoutes

import (
	"fmt"
	"net"
	"net/netip"
)

// Apart fails if this machine has an address in one of the cluster's ranges, which would be
// cut off. Addresses of the network itself, which an earlier executor has left, are not.
func Apart(own []net.Addr, ranges []netip.Prefix) error {
	for _, a := range own {
		network, err := netip.ParsePrefix(a.String())
		if err != nil || network.IsSingleIP() {
			continue
		}
		for _, r := range ranges {
			if r.Overlaps(network) {
				return fmt.Errorf("this machine is in the network %v, which overlaps the cluster's range %v: choose other ranges of pods and services", network.Masked(), r)
			}
		}
	}
	return nil
}
