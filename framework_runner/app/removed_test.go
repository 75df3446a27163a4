package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// A framework that Mesos has removed is told which flag lets a new one begin; other
// errors stay as they are.
func TestExplainRemoval(t *testing.T) {
	t.Parallel()
	err := explainRemoval(fmt.Errorf("framework: %w", &framework.RemovedError{ID: "F-1", Tasks: 3}))
	if !errors.Is(err, mesos.ErrRemoved) || !strings.Contains(err.Error(), "-new_framework_id") || !strings.Contains(err.Error(), "F-1") {
		t.Errorf("got %v", err)
	}
	for _, other := range []error{nil, mesos.ErrFailedOver} {
		if got := explainRemoval(other); got != other {
			t.Errorf("%v became %v", other, got)
		}
	}
}
