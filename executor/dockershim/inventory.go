package dockershim

import (
	"context"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/engine"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// inventory finds, makes and removes the containers of one owner. A container without the
// owner's labels does not exist for it, whatever id a caller passes.
type inventory struct {
	owner   spec.Owner
	engine  *engine.Engine
	log     logr.Logger
	listing listing
	known   cache[spec.Record] // from the labels of our containers
}

// newInventory returns the inventory of an owner's containers in the daemon at endpoint.
func newInventory(endpoint string, owner spec.Owner, log logr.Logger) *inventory {
	v := &inventory{owner: owner, log: log, listing: listing{oldest: oldestList}}
	v.engine = engine.New(endpoint, v.listing.invalidate)
	return v
}

// inspect returns a container of ours.
func (v *inventory) inspect(ctx context.Context, id string) (*docker.Container, spec.Record, error) {
	if id == "" {
		return nil, spec.Record{}, spec.Invalid("no container id given")
	}
	client, err := v.engine.Client(ctx)
	if err != nil {
		return nil, spec.Record{}, err
	}
	c, err := client.InspectContainerWithContext(id, ctx)
	if gone(err) {
		v.known.drop(id)
	}
	if err != nil {
		return nil, spec.Record{}, err
	}
	if c.Config != nil {
		if r, ours := v.owner.Read(c.Config.Labels); ours {
			v.known.set(c.ID, r)
			return c, r, nil
		}
	}
	return nil, spec.Record{}, &notOurs{id}
}

// find returns the record of a container of ours of the wanted type. It asks Docker
// only once: labels never change.
func (v *inventory) find(ctx context.Context, id, kind string) (spec.Record, error) {
	r, ok := v.known.get(id)
	if !ok {
		var err error
		if _, r, err = v.inspect(ctx, id); err != nil {
			return spec.Record{}, err
		}
	}
	if r.Type != kind {
		return spec.Record{}, &notOurs{id}
	}
	return r, nil
}

// list returns our containers that have these labels and are in one of these states;
// no states means all.
func (v *inventory) list(ctx context.Context, states []string, labels ...string) ([]docker.APIContainers, error) {
	client, err := v.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	filters := v.owner.Filters(labels...)
	if len(states) > 0 {
		filters["status"] = states
	}
	return client.ListContainers(docker.ListContainersOptions{All: true, Filters: filters, Context: ctx})
}

// inside returns the containers of a sandbox that are in one of these states.
func (v *inventory) inside(ctx context.Context, sandbox string, states ...string) ([]docker.APIContainers, error) {
	return v.list(ctx, states, spec.LabelType+"="+spec.TypeContainer, spec.LabelSandbox+"="+sandbox)
}

// start starts a container, unless it already runs.
func (v *inventory) start(ctx context.Context, id string) error {
	client, err := v.engine.Client(ctx)
	if err != nil {
		return err
	}
	if err := client.StartContainerWithContext(id, nil, ctx); err != nil && !running(err) {
		return err
	}
	return nil
}

// kill ends a container without a grace period. It succeeds if the container does not
// run or does not exist.
func (v *inventory) kill(ctx context.Context, id string) error {
	client, err := v.engine.Client(ctx)
	if err != nil {
		return err
	}
	err = client.KillContainer(docker.KillContainerOptions{ID: id, Context: ctx})
	if err == nil || gone(err) || stopped(err) {
		return nil
	}
	return fmt.Errorf("ending container %s: %w", id, err)
}
