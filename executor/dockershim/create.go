package dockershim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// create makes a container, or reuses one that an earlier call with the same
// configuration made if its answer never arrived.
func (v *inventory) create(ctx context.Context, o docker.CreateContainerOptions) (string, error) {
	client, err := v.engine.Client(ctx)
	if err != nil {
		return "", err
	}
	o.Context = ctx
	for tries := 0; ; tries++ {
		c, err := client.CreateContainer(o)
		if err == nil {
			return c.ID, nil
		}
		if !errors.Is(err, docker.ErrContainerAlreadyExists) || tries == 3 {
			return "", fmt.Errorf("creating %s: %w", o.Name, err)
		}
		id, err := v.resolveConflict(ctx, client, &o)
		if err != nil {
			return "", fmt.Errorf("creating %s: the name is taken: %w", o.Name, err)
		}
		if id != "" {
			return id, nil
		}
	}
}

// resolveConflict handles the container that already has o's name. If it is ours, has the
// same configuration and has not ended, resolveConflict returns it; any other container of ours is
// a leftover and is removed. A foreign one stays, and o gets another name.
func (v *inventory) resolveConflict(ctx context.Context, client *docker.Client, o *docker.CreateContainerOptions) (string, error) {
	c, r, err := v.inspect(ctx, o.Name)
	var foreign *notOurs
	switch {
	case errors.As(err, &foreign):
		o.Name += "--" + rand.Text()[:6]
		return "", nil
	case gone(err):
		return "", nil
	case err != nil:
		return "", err
	}
	if r.Spec == o.Config.Labels[spec.LabelSpec] && spec.ContainerState(c.State) != runtimeapi.ContainerState_CONTAINER_EXITED {
		return c.ID, nil
	}
	return "", v.remove(ctx, client, c.ID)
}

// remove removes a container of ours, running or not. It succeeds if the container is
// gone, and waits if another call is removing it.
func (v *inventory) remove(ctx context.Context, client *docker.Client, id string) error {
	err := client.RemoveContainer(docker.RemoveContainerOptions{ID: id, RemoveVolumes: true, Force: true, Context: ctx})
	if err != nil && !gone(err) {
		if !conflict(err) {
			return err
		}
		// Another call is removing it: wait for that one.
		if err := v.awaitGone(ctx, id); err != nil {
			return err
		}
	}
	v.known.drop(id)
	return nil
}

// removeContainer removes a container and the link to its log.
func (v *inventory) removeContainer(ctx context.Context, client *docker.Client, id, log string) error {
	if err := v.remove(ctx, client, id); err != nil {
		return fmt.Errorf("removing container %s: %w", id, err)
	}
	return unlinkLog(log, id)
}

// removalTime is how long to wait for another call's removal of a container.
const removalTime = 30 * time.Second

// awaitGone waits until a container that is being removed is gone.
func (v *inventory) awaitGone(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, removalTime)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		_, _, err := v.inspect(ctx, id)
		if gone(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the removal of %s by another call: %w", id, err)
	}
	return nil
}
