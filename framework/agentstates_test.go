package framework

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// A refusal and its end are told once each; other errors say nothing about rights.
func TestRightToAsk(t *testing.T) {
	t.Parallel()
	var r right
	for i, step := range []struct {
		err  error
		want change
	}{
		{nil, rightUnchanged},
		{errStory, rightUnchanged},
		{&mesos.CallError{Status: 403}, rightLost},
		{&mesos.CallError{Status: 401}, rightUnchanged},
		{errStory, rightUnchanged},
		{&mesos.CallError{Status: 503}, rightUnchanged},
		{&mesos.CallError{Status: 403}, rightUnchanged},
		{nil, rightRegained},
		{nil, rightUnchanged},
	} {
		if got := r.heard(step.err); got != step.want {
			t.Errorf("step %d, %v: %d, want %d", i, step.err, got, step.want)
		}
	}
}
