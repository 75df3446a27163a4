package clusterdns

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// A crowd of strangers costs one look at the machine's addresses in a second, and a change of
// them is known after it.
func TestMachineLooksOnceInASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks, now, failure := 0, "192.0.2.1/24", error(nil)
		m := machine{list: func() ([]net.Addr, error) {
			looks++
			ip, network, err := net.ParseCIDR(now)
			if err != nil {
				t.Fatal(err)
			}
			return []net.Addr{&net.IPNet{IP: ip, Mask: network.Mask}}, failure
		}}
		has := func(address string, want bool) {
			t.Helper()
			if m.has(netip.MustParseAddr(address)) != want {
				t.Errorf("the machine has %s: %v", address, !want)
			}
		}
		for range 1000 {
			has("203.0.113.9", false)
		}
		has("192.0.2.1", true)
		if looks != 1 {
			t.Errorf("%d looks", looks)
		}
		now = "192.0.2.2/24"
		has("192.0.2.2", false)
		time.Sleep(machineFresh)
		has("192.0.2.2", true)
		has("192.0.2.1", false)
		failure = errors.New("no socket is left")
		time.Sleep(machineFresh)
		has("192.0.2.2", true)
	})
}
