package node

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
)

// A sweep removes the containers of pods that the API server no longer has, as soon
// as none of them runs. The kubelet would do it too, but only once a minute.
// Containers of pods that are still there are kept for their logs.
type sweep struct {
	log   logr.Logger
	known map[string]executor.Ref // by uid; podsChanged alone uses it
	dead  chan executor.Ref
}

// maxSweeps is how many pods may wait to be swept. Any more are left to the kubelet.
const maxSweeps = 1000

func newSweep(log logr.Logger) *sweep {
	return &sweep{log: log, known: map[string]executor.Ref{}, dead: make(chan executor.Ref, maxSweeps)}
}

// podsChanged receives all pods of the node and queues those that have gone.
func (s *sweep) podsChanged(pods []executor.Pod) {
	now := make(map[string]executor.Ref, len(pods))
	for _, p := range pods {
		now[p.UID] = p.Ref
	}
	for uid, ref := range s.known {
		if _, still := now[uid]; still {
			continue
		}
		select {
		case s.dead <- ref:
		default:
		}
	}
	s.known = now
}

// run sweeps until ctx ends.
func (s *sweep) run(ctx context.Context, r *runtime) {
	var waiting []executor.Ref
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		var turn <-chan time.Time // nil while nothing waits
		if len(waiting) > 0 {
			turn = tick.C
		}
		select {
		case ref := <-s.dead:
			waiting = append(waiting, ref)
		case <-turn:
			waiting = s.once(ctx, r, waiting)
		case <-ctx.Done():
			return
		}
	}
}

// once removes the pods that have nothing running and returns those that have.
func (s *sweep) once(ctx context.Context, r *runtime, pods []executor.Ref) []executor.Ref {
	var still []executor.Ref
	for _, ref := range pods {
		running, err := r.running(ctx, ref.UID)
		if err == nil && !running {
			err = r.remove(ctx, ref.UID)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error(err, "removing a pod's containers, which the kubelet will do too", "pod", ref.String())
		case running:
			still = append(still, ref)
		}
	}
	return still
}
