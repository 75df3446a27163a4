package dockershim

import (
	"context"
	"errors"
	"fmt"
	"time"

	docker "github.com/fsouza/go-dockerclient"
)

// Sweep removes leftovers of the owner, and tells how many: containers that were
// created and never started within Config.SweepAfter, and those that ended and
// whose sandbox is gone for that long. Nobody asks for these any more: the call
// that made them was cut off.
func (s *Server) Sweep(ctx context.Context) (int, error) {
	found, err := s.service.list(ctx, nil)
	if err != nil {
		return 0, err
	}
	s.service.forget(found)
	old := time.Now().Add(-s.service.config.SweepAfter)
	var left []docker.APIContainers
	for _, c := range leftovers(found, old) {
		// "Created" is also what Docker calls a failed start, which the kubelet knows
		// of and collects itself.
		full, _, err := s.service.inspect(ctx, c.ID)
		if gone(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if !full.State.Running && (full.State.StartedAt.IsZero() || c.State != "created") {
			left = append(left, c)
		}
	}
	client, err := s.service.engine.in(ctx)
	if err != nil {
		return 0, err
	}
	return len(left), each(left, func(c docker.APIContainers) error {
		return s.service.removeContainer(ctx, client, c.ID, c.Labels[labelLog])
	})
}

// forget drops what is remembered of containers that are gone.
func (s *service) forget(found []docker.APIContainers) {
	ids := map[string]bool{}
	for _, c := range found {
		ids[c.ID] = true
	}
	s.known.keep(ids)
	s.pids.keep(ids)
}

// leftovers picks what Sweep is about from a full list.
func leftovers(all []docker.APIContainers, old time.Time) []docker.APIContainers {
	sandboxes := map[string]bool{}
	for _, c := range all {
		if c.Labels[labelType] == typeSandbox {
			sandboxes[c.ID] = true
		}
	}
	var left []docker.APIContainers
	for _, c := range all {
		if alive(c.State) || !time.Unix(c.Created, 0).Before(old) {
			continue
		}
		orphan := c.Labels[labelType] == typeContainer && !sandboxes[c.Labels[labelSandbox]]
		if c.State == "created" || orphan {
			left = append(left, c)
		}
	}
	return left
}

// RemoveAll ends and removes every container of the owner, at once and without
// grace: the last act of an executor whose pods were stopped, or could not be.
// It returns nil only when none is left.
func (s *Server) RemoveAll(ctx context.Context) error {
	return removeAll(ctx, s.service)
}

// RemoveAll does the same for an owner whose server does not run.
func RemoveAll(ctx context.Context, dockerEndpoint string, owner Owner) error {
	return removeAll(ctx, &service{config: Config{Owner: owner}, engine: newEngine(dockerEndpoint)})
}

// rounds is how often RemoveAll looks again: a call cut off by a client's death
// may still create a container.
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
