package links

import (
	"net/netip"
	"testing"
)

// A network keeps its address, also one that is not its first.
func TestIPNet(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"10.244.1.7/24", "10.0.0.1/32", "fd00:10:244::5/64"} {
		if got := IPNet(netip.MustParsePrefix(p)).String(); got != p {
			t.Errorf("%s became %s", p, got)
		}
	}
}
