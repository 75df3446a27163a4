package noderoutes

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

// Ranges of the cluster that a machine is in would cut it off.
func TestApart(t *testing.T) {
	t.Parallel()
	own := []net.Addr{
		&net.IPNet{IP: net.IPv4(127, 0, 0, 1), Mask: net.CIDRMask(8, 32)},
		&net.IPNet{IP: net.IPv4(10, 0, 3, 7), Mask: net.CIDRMask(24, 32)},
		&net.IPNet{IP: net.IPv4(10, 244, 1, 0), Mask: net.CIDRMask(32, 32)}, // our own VXLAN device's
	}
	for r, says := range map[string]string{
		"10.244.0.0/16": "", "10.1.0.0/16": "", "10.0.4.0/24": "",
		"10.0.0.0/16": "10.0.3.0/24, which overlaps the cluster's range 10.0.0.0/16", "10.0.3.128/25": "overlaps", "127.0.0.0/24": "overlaps",
	} {
		err := Apart(own, []netip.Prefix{netip.MustParsePrefix("fd00::/64"), netip.MustParsePrefix(r)})
		if (err != nil) != (says != "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", r, err, says)
		}
	}
}
