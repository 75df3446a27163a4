package podnetwork

import (
	"strings"
	"testing"

	"sigs.k8s.io/knftables"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// A table that its executor removes while the tables are listed claims nothing, and is no
// reason to fail.
func TestTableThatIsGone(t *testing.T) {
	t.Parallel()
	h := newHost(t, 1)
	h.Do(func() {
		f := h.net.families[0]
		if c, found, err := claimOf(t.Context(), f.nft, f.name); err != nil || !found || c != (Claim{"framework-1/agent-1", f.pods}) {
			t.Errorf("a table that is there: %v, %v, %v", c, found, err)
		}
		if c, found, err := claimOf(t.Context(), f.nft, tablePrefix+"gone"); err != nil || found {
			t.Errorf("a table that is gone: %v, %v, %v", c, found, err)
		}
	})
	netnstest.New(t).Do(func() {
		if _, _, err := claimOf(t.Context(), knftables.Family("none"), "t"); err == nil || !strings.Contains(err.Error(), "nft list table none t") {
			t.Errorf("a listing that fails: %v", err)
		}
	})
}
