package dockershim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// create makes a container, or reuses one that an earlier call with the same
// configuration made if its answer never arrived.
func (s *service) create(ctx context.Context, o docker.CreateContainerOptions) (string, error) {
	client, err := s.engine.in(ctx)
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
		id, err := s.settle(ctx, client, &o)
		if err != nil {
			return "", fmt.Errorf("creating %s: the name is taken: %w", o.Name, err)
		}
		if id != "" {
			return id, nil
		}
	}
}

// settle handles the container that already has o's name. If it is ours, has the same
// configuration and has not ended, settle returns it; any other container of ours is
// a leftover and is removed. A foreign one stays, and o gets another name.
func (s *service) settle(ctx context.Context, client *docker.Client, o *docker.CreateContainerOptions) (string, error) {
	c, r, err := s.inspect(ctx, o.Name)
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
	if r.Spec == o.Config.Labels[labelSpec] && containerState(c.State) != runtimeapi.ContainerState_CONTAINER_EXITED {
		return c.ID, nil
	}
	return "", s.remove(ctx, client, c.ID)
}

// remove removes a container of ours, running or not. It succeeds if the container is
// gone, and waits if another call is removing it.
func (s *service) remove(ctx context.Context, client *docker.Client, id string) error {
	err := client.RemoveContainer(docker.RemoveContainerOptions{ID: id, RemoveVolumes: true, Force: true, Context: ctx})
	if err != nil && !gone(err) {
		if !conflict(err) {
			return err
		}
		// Another call is removing it: wait for that one.
		if err := s.awaitGone(ctx, id); err != nil {
			return err
		}
	}
	s.known.drop(id)
	s.pids.drop(id)
	return nil
}
