package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/leaderelection"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// explainTakeover adds to the error of a takeover which process may have taken
// the framework over, and what to look at.
func explainTakeover(err error, elector *leaderelection.Elector) error {
	if !errors.Is(err, mesos.ErrFailedOver) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	leader, e := elector.Leader(ctx)
	switch {
	case e != nil:
		return fmt.Errorf("%w: probably the framework_runner that leads now, but etcd does not say which (%v): start this one again and it follows", err, e)
	case elector.Check() != nil && leader != "":
		return fmt.Errorf("%w: %s leads now: start this one again and it follows", err, leader)
	}
	return fmt.Errorf("%w: it has this framework's id but not this etcd, where no other leads: "+
		"look for a framework_runner on a copy of this one's etcd or data directory, and stop that one or this one; "+
		"Mesos' page of frameworks shows where the one that is subscribed runs", err)
}
