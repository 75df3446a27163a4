package kubelet

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestNameservers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "resolv.conf")
	text := "# nameserver 9.9.9.9\nsearch example.com\nnameserver 10.0.0.2\nnameserver  fd00::2 \nnameserver fe80::1%eth0\nnameserver nonsense\nnameserver\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := nameservers(path), []string{"10.0.0.2", "fd00::2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := nameservers(path + ".none"); got != nil {
		t.Errorf("got %q of a file that is not there", got)
	}
}

// A cluster's own DNS is used as it is; without one the domain is ignored.
func TestDNS(t *testing.T) {
	t.Parallel()
	own := Config{ClusterDNS: []string{"10.0.0.10"}, ClusterDomain: "cluster.local"}
	if servers, domain := own.dns(); !slices.Equal(servers, own.ClusterDNS) || domain != "cluster.local" {
		t.Errorf("got %q and %q", servers, domain)
	}
	none := Config{ClusterDomain: "cluster.local"}
	if _, domain := none.dns(); domain != "" {
		t.Errorf("got the domain %q without a server that knows it", domain)
	}
}
