package dockershim

import (
	"context"
	"errors"
	"sync"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
)

// service answers the CRI calls.
type service struct {
	runtimeapi.UnimplementedRuntimeServiceServer
	runtimeapi.UnimplementedImageServiceServer

	config  Config
	engine  *engine
	streams streaming.Server
	known   known
}

// settings gathers what translations need.
func (s *service) settings(l *link, pauseImage string) settings {
	return settings{
		owner:         s.config.Owner,
		pauseImage:    pauseImage,
		cgroupParent:  s.config.CgroupParent,
		systemdCgroup: l.systemdCgroup,
		oomFloor:      l.oomFloor,
		logSize:       s.config.LogSize,
		logFiles:      s.config.LogFiles,
	}
}

// inspect gives a container of ours.
func (s *service) inspect(ctx context.Context, id string) (*docker.Container, record, error) {
	if id == "" {
		return nil, record{}, refuse("no container id given")
	}
	client, err := s.engine.in(ctx)
	if err != nil {
		return nil, record{}, err
	}
	c, err := client.InspectContainerWithContext(id, ctx)
	if err != nil {
		return nil, record{}, err
	}
	if c.Config != nil {
		if r, ours := s.config.Owner.read(c.Config.Labels); ours {
			s.known.add(c.ID, r)
			return c, r, nil
		}
	}
	return nil, record{}, &notOurs{id}
}

// find gives the record of a container of ours of the wanted type, which Docker
// is asked for only once: labels never change.
func (s *service) find(ctx context.Context, id, kind string) (record, error) {
	r, ok := s.known.get(id)
	if !ok {
		var err error
		if _, r, err = s.inspect(ctx, id); err != nil {
			return record{}, err
		}
	}
	if r.Type != kind {
		return record{}, &notOurs{id}
	}
	return r, nil
}

// list gives our containers that have these labels and states; no states are
// all.
func (s *service) list(ctx context.Context, states []string, labels ...string) ([]docker.APIContainers, error) {
	client, err := s.engine.in(ctx)
	if err != nil {
		return nil, err
	}
	filters := s.config.Owner.filters(labels...)
	if len(states) > 0 {
		filters["status"] = states
	}
	return client.ListContainers(docker.ListContainersOptions{All: true, Filters: filters, Context: ctx})
}

// known remembers records of our containers by id. It may forget at any time and
// never says of a container that is not ours that it is.
type known struct {
	mu      sync.Mutex // guards records
	records map[string]record
}

func (k *known) get(id string) (record, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.records[id]
	return r, ok
}

func (k *known) add(id string, r record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.records == nil {
		k.records = map[string]record{}
	}
	k.records[id] = r
}

func (k *known) drop(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.records, id)
}

// each calls do for all items, several at a time, and gives all errors.
func each[T any](items []T, do func(T) error) error {
	const parallel = 4
	errs := make([]error, len(items))
	slots := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i, item := range items {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(item)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
