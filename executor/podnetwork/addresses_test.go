package podnetwork

import (
	"net/netip"
	"strings"
	"testing"
)

func addresses(t *testing.T, r string, used ...string) *Addresses {
	t.Helper()
	a, err := NewAddresses(netip.MustParsePrefix(r))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range used {
		a.Use(netip.MustParseAddr(u))
	}
	return a
}

func take(t *testing.T, a *Addresses) string {
	t.Helper()
	got, err := a.Take()
	if err != nil {
		t.Fatal(err)
	}
	return got.String()
}

// Addresses go around: one that was given back comes last.
func TestAddressesGoAround(t *testing.T) {
	t.Parallel()
	a := addresses(t, "10.244.1.0/29")
	var got []string
	for range 6 {
		got = append(got, take(t, a))
	}
	if s := strings.Join(got, " "); s != "10.244.1.1 10.244.1.2 10.244.1.3 10.244.1.4 10.244.1.5 10.244.1.6" {
		t.Errorf("got %s", s)
	}
	if full, err := a.Take(); err == nil || !strings.Contains(err.Error(), "all 6 addresses of the range 10.244.1.0/29") {
		t.Errorf("a full range gives %v, %v", full, err)
	}
	for _, free := range []string{"10.244.1.5", "10.244.1.2", "10.99.0.1"} {
		a.Free(netip.MustParseAddr(free))
	}
	if one, two := take(t, a), take(t, a); one != "10.244.1.2" || two != "10.244.1.5" {
		t.Errorf("after the range went around: %s, %s", one, two)
	}
}

// A process that starts again does not give out what is in use, nor what was in use last.
func TestAddressesInUse(t *testing.T) {
	t.Parallel()
	a := addresses(t, "10.244.1.0/24", "10.244.1.7", "10.244.1.3", "10.244.2.200")
	if got := take(t, a); got != "10.244.1.8" {
		t.Errorf("got %s", got)
	}
	if got := take(t, addresses(t, "10.244.1.0/30", "10.244.1.2")); got != "10.244.1.1" {
		t.Errorf("at the end of the range: %s", got)
	}
	if got := take(t, addresses(t, "fd00:1::/64")); got != "fd00:1::1" {
		t.Errorf("IPv6: %s", got)
	}
}

// Of ten thousand takings and givings, no address is given twice.
func TestAddressesAreUnique(t *testing.T) {
	t.Parallel()
	a, held := addresses(t, "10.244.1.0/26"), map[string]bool{}
	for i := range 10_000 {
		if len(held) == 62 || i%3 == 2 {
			for h := range held {
				a.Free(netip.MustParseAddr(h))
				delete(held, h)
				break
			}
		}
		got := take(t, a)
		if held[got] || !netip.MustParsePrefix("10.244.1.0/26").Contains(netip.MustParseAddr(got)) {
			t.Fatalf("%s is given while %d are held", got, len(held))
		}
		held[got] = true
	}
}

func TestRangesWithoutAddresses(t *testing.T) {
	t.Parallel()
	for _, r := range []string{"10.244.1.0/32", "10.244.1.0/31", "fd00::/128"} {
		if _, err := NewAddresses(netip.MustParsePrefix(r)); err == nil || !strings.Contains(err.Error(), r) {
			t.Errorf("%s: %v", r, err)
		}
	}
}
