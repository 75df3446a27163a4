package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/node"
)

// runner is a node whose errors name this program's flags: the framework shows them as the
// reason why a pod has failed.
type runner struct{ *node.Node }

// Run implements executor.PodRunner.
func (r runner) Run(ctx context.Context, spec executor.Spec, o executor.Observer) error {
	return withFlag(r.Node.Run(ctx, spec, o))
}

// withFlag adds to an error about a setting the flag that sets it.
func withFlag(err error) error {
	var bad *node.ConfigError
	if !errors.As(err, &bad) {
		return err
	}
	return fmt.Errorf("%w (-%s)", err, bad.Setting)
}
