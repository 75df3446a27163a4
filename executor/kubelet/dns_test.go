package kubelet

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A cluster's own DNS is used as it is; without one the domain is ignored.
func TestDNS(t *testing.T) {
	t.Parallel()
	own := Config{ClusterDNS: []string{"10.0.0.10"}, ClusterDomain: "cluster.local"}
	if servers, domain := own.dns(); !slices.Equal(servers, own.ClusterDNS) || domain != "cluster.local" {
		t.Errorf("got %q and %q", servers, domain)
	}
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver 10.1.0.2\nnameserver fd00::2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := Config{ClusterDomain: "cluster.local", Resolvers: file}
	if servers, domain := none.dns(); domain != "" || !slices.Equal(servers, []string{"10.1.0.2", "fd00::2"}) {
		t.Errorf("without a server that knows the domain: got %q and %q", servers, domain)
	}
}
