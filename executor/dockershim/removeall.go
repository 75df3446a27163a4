package dockershim

import (
	"context"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// RemoveAll ends and removes every container of an owner, at once and without a grace
// period: the last step of an executor whose pods were stopped, or could not be. It needs
// no server, and returns nil only if no container is left.
func RemoveAll(ctx context.Context, dockerEndpoint string, owner Owner) error {
	return newInventory(dockerEndpoint, owner, logr.Discard()).removeAll(ctx)
}

// Count returns how many containers an owner has, of whatever state. It needs no server.
func Count(ctx context.Context, dockerEndpoint string, owner Owner) (int, error) {
	found, err := newInventory(dockerEndpoint, owner, logr.Discard()).list(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("counting containers: %w", err)
	}
	return len(found), nil
}

// RemoveAll is the package's RemoveAll for the server's owner.
func (s *Server) RemoveAll(ctx context.Context) error { return s.inventory.removeAll(ctx) }

// rounds is how often removeAll looks again: a call cut off by its client's death may
// still create a container.
const rounds = 5

func (v *inventory) removeAll(ctx context.Context) error {
	var last error
	for range rounds {
		found, err := v.list(ctx, nil)
		if err != nil {
			return fmt.Errorf("removing all containers: %w", err)
		}
		if len(found) == 0 {
			return nil
		}
		if last = v.removeThese(ctx, found); ctx.Err() != nil {
			break
		}
	}
	if found, err := v.list(ctx, nil); err == nil && len(found) == 0 {
		return nil
	}
	return fmt.Errorf("removing all containers: some remain: %w", errors.Join(last, ctx.Err()))
}

// removeThese removes containers before the sandboxes that hold their namespaces.
func (v *inventory) removeThese(ctx context.Context, found []docker.APIContainers) error {
	client, err := v.engine.Client(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, kind := range []string{spec.TypeContainer, spec.TypeSandbox} {
		var these []docker.APIContainers
		for _, c := range found {
			if c.Labels[spec.LabelType] == kind {
				these = append(these, c)
			}
		}
		errs = append(errs, each(these, func(c docker.APIContainers) error {
			return v.removeContainer(ctx, client, c.ID, c.Labels[spec.LabelLog])
		}))
	}
	return errors.Join(errs...)
}
