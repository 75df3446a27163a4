package podnetwork

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What a pod that is root in its network sends to the host's loopback addresses, or from an
// address that is not its own, is dropped as soon as it comes.
func TestPodsCannotDeceive(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	evil, other := h.newPod(), h.newPod()
	evil.Do(func() {
		evil.Command("ip", "address", "add", "10.244.1.99/32", "dev", "lo")
		evil.Command("sysctl", "-q", "net.ipv4.conf.all.route_localnet=1")
		evil.Command("ip", "route", "delete", "local", "127.0.0.0/8", "dev", "lo", "table", "local")
		evil.Command("ip", "route", "delete", "local", "127.0.0.1", "dev", "lo", "table", "local")
		evil.Command("ip", "route", "add", "127.0.0.1", "via", "169.254.1.1", "dev", "eth0", "onlink", "src", evil.Addresses[0].String())
	})
	dropped := func() (counts []string) {
		h.Do(func() {
			rules := h.Command("nft", "list", "chain", "ip", h.net.families[0].name, "from-pods")
			for _, m := range regexp.MustCompile(`counter packets (\d+)`).FindAllStringSubmatch(rules, -1) {
				counts = append(counts, m[1])
			}
		})
		return counts
	}
	if got := evil.Ask("tcp", at(other.Addresses[0], 80), 1); !strings.HasSuffix(got, " 1") || !slices.Equal(dropped(), []string{"0", "0"}) {
		t.Errorf("by its own address: %s, dropped %v", got, dropped())
	}
	evil.Reaches("udp", "127.0.0.1:90")
	if got := dropped(); !slices.Equal(got, []string{"1", "0"}) {
		t.Errorf("to the host's loopback: dropped %v", got)
	}
	evil.AskFrom("udp", netip.MustParseAddr("10.244.1.99"), netip.AddrPortFrom(other.Addresses[0], 80), 1)
	if got := dropped(); !slices.Equal(got, []string{"1", "1"}) {
		t.Errorf("from another's address: dropped %v", got)
	}
}

// Names as long as Kubernetes allows are no reason to stay without a network.
func TestLongNames(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	p := h.newPod()
	p.Name = strings.Repeat("n", 63) + "/" + strings.Repeat("p", 253)
	h.attach(p)
	if got := h.Ask("tcp", at(p.Addresses[0], 80), 1); !strings.HasSuffix(got, " 1") {
		t.Errorf("got %s", got)
	}
}
