package dockershim

import (
	"context"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/go-logr/logr"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// sweeper removes containers and sandboxes that were created but not started for a while.
// The call that made them was cut off, so its caller does not know of them. It also
// prunes the caches of containers that are gone.
type sweeper struct {
	inventory *inventory
	after     time.Duration
	log       logr.Logger
	caches    []pruned
	unstarted cache[time.Time] // when sweep first saw a created container
}

// sweep removes leftovers and returns how many. Containers that have ended stay: they are
// the kubelet's memory of its pods. The time counts from the first sweep that sees them,
// by a clock that ignores changes of the host's clock.
func (s *sweeper) sweep(ctx context.Context) (int, error) {
	found, err := s.inventory.list(ctx, nil)
	if err != nil {
		return 0, err
	}
	s.forget(found)
	left, err := s.leftovers(ctx, found, time.Now())
	if err != nil {
		return 0, err
	}
	client, err := s.inventory.engine.Client(ctx)
	if err != nil {
		return 0, err
	}
	return len(left), each(left, func(c docker.APIContainers) error {
		return s.inventory.removeContainer(ctx, client, c.ID, c.Labels[spec.LabelLog])
	})
}

// forget drops the cache entries of containers that are not among these.
func (s *sweeper) forget(found []docker.APIContainers) {
	ids := map[string]bool{}
	for _, c := range found {
		ids[c.ID] = true
	}
	s.unstarted.keep(ids)
	for _, c := range s.caches {
		c.keep(ids)
	}
}

// leftovers picks the candidates for sweep from a full list. Docker also calls a
// container "created" that failed to start, so these are inspected.
func (s *sweeper) leftovers(ctx context.Context, found []docker.APIContainers, now time.Time) ([]docker.APIContainers, error) {
	var left []docker.APIContainers
	for _, c := range found {
		if c.State != "created" {
			continue
		}
		since, seen := s.unstarted.get(c.ID)
		if !seen {
			s.unstarted.set(c.ID, now)
		}
		if !seen || now.Sub(since) < s.after {
			continue
		}
		full, _, err := s.inventory.inspect(ctx, c.ID)
		switch {
		case gone(err):
		case err != nil:
			return nil, err
		case spec.ContainerState(full.State) == runtimeapi.ContainerState_CONTAINER_CREATED:
			left = append(left, c)
		}
	}
	return left, nil
}

// run sweeps every minute until ctx ends.
func (s *sweeper) run(ctx context.Context) {
	everyMinute(ctx, func() {
		if removed, err := s.sweep(ctx); err != nil {
			s.log.Error(err, "removing leftover containers")
		} else if removed > 0 {
			s.log.Info("removed leftover containers", "count", removed)
		}
	})
}

// everyMinute calls do every minute until ctx ends.
func everyMinute(ctx context.Context, do func()) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}
