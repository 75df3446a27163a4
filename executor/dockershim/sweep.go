package dockershim

import (
	"context"
	"errors"
	"fmt"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Sweep removes leftovers of the owner and returns how many: containers and
// sandboxes that were created but not started for Config.SweepAfter. The call that
// made them was cut off, so its caller does not know of them. Containers that have
// ended stay: they are the kubelet's memory of its pods. The time counts from the
// first Sweep that sees them, by a clock that ignores changes of the host's clock.
func (s *Server) Sweep(ctx context.Context) (int, error) {
	found, err := s.service.list(ctx, nil)
	if err != nil {
		return 0, err
	}
	s.service.forget(found)
	left, err := s.service.leftovers(ctx, found, time.Now())
	if err != nil {
		return 0, err
	}
	client, err := s.service.engine.in(ctx)
	if err != nil {
		return 0, err
	}
	return len(left), each(left, func(c docker.APIContainers) error {
		return s.service.removeContainer(ctx, client, c.ID, c.Labels[labelLog])
	})
}

// forget drops the cache entries of containers that are gone.
func (s *service) forget(found []docker.APIContainers) {
	ids := map[string]bool{}
	for _, c := range found {
		ids[c.ID] = true
	}
	s.known.keep(ids)
	s.unstarted.keep(ids)
	s.pids.keep(ids)
	s.writable.keep(ids)
	s.starved.keep(ids)
}

// leftovers picks the candidates for Sweep from a full list. Docker also calls a
// container "created" that failed to start, so these are inspected.
func (s *service) leftovers(ctx context.Context, found []docker.APIContainers, now time.Time) ([]docker.APIContainers, error) {
	var left []docker.APIContainers
	for _, c := range found {
		if c.State != "created" {
			continue
		}
		since, seen := s.unstarted.get(c.ID)
		if !seen {
			s.unstarted.set(c.ID, now)
		}
		if !seen || now.Sub(since) < s.config.SweepAfter {
			continue
		}
		full, _, err := s.inspect(ctx, c.ID)
		switch {
		case gone(err):
		case err != nil:
			return nil, err
		case containerState(full.State) == runtimeapi.ContainerState_CONTAINER_CREATED:
			left = append(left, c)
		}
	}
	return left, nil
}

// RemoveAll ends and removes every container of the owner, at once and without a
// grace period: the last step of an executor whose pods were stopped, or could not
// be. It returns nil only if none is left.
func (s *Server) RemoveAll(ctx context.Context) error {
	return removeAll(ctx, s.service)
}

// RemoveAll is Server.RemoveAll for an owner whose server does not run.
func RemoveAll(ctx context.Context, dockerEndpoint string, owner Owner) error {
	return removeAll(ctx, &service{config: Config{Owner: owner}, engine: newEngine(dockerEndpoint, func() {})})
}

// rounds is how often RemoveAll looks again: a call cut off by its client's death may
// still create a container.
const rounds = 5

func removeAll(ctx context.Context, s *service) error {
	var last error
	for range rounds {
		found, err := s.list(ctx, nil)
		if err != nil {
			return fmt.Errorf("removing all containers: %w", err)
		}
		if len(found) == 0 {
			return nil
		}
		if last = s.removeThese(ctx, found); ctx.Err() != nil {
			break
		}
	}
	if found, err := s.list(ctx, nil); err == nil && len(found) == 0 {
		return nil
	}
	return fmt.Errorf("removing all containers: some remain: %w", errors.Join(last, ctx.Err()))
}

// removeThese removes containers before the sandboxes that hold their namespaces.
func (s *service) removeThese(ctx context.Context, found []docker.APIContainers) error {
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, kind := range []string{typeContainer, typeSandbox} {
		var these []docker.APIContainers
		for _, c := range found {
			if c.Labels[labelType] == kind {
				these = append(these, c)
			}
		}
		errs = append(errs, each(these, func(c docker.APIContainers) error {
			return s.removeContainer(ctx, client, c.ID, c.Labels[labelLog])
		}))
	}
	return errors.Join(errs...)
}
