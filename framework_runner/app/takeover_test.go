package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/leaderelection"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// A process that loses its framework is told what to look for; other errors stay
// as they are.
func TestExplainTakeover(t *testing.T) {
	t.Parallel()
	alone := leaderelection.Alone("https://127.0.0.1:6443")
	err := explainTakeover(fmt.Errorf("framework: %w", mesos.ErrFailedOver), alone)
	if !errors.Is(err, mesos.ErrFailedOver) || !strings.Contains(err.Error(), "a copy of this one's etcd or data directory") {
		t.Errorf("got %v", err)
	}
	for _, other := range []error{nil, mesos.ErrRemoved} {
		if got := explainTakeover(other, alone); got != other {
			t.Errorf("%v became %v", other, got)
		}
	}
}
