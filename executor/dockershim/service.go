package dockershim

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
)

// service answers the CRI calls.
type service struct {
	runtimeapi.UnimplementedRuntimeServiceServer
	runtimeapi.UnimplementedImageServiceServer

	config    Config
	engine    *engine
	listing   listing
	streams   streaming.Server
	known     cache[record]    // from the labels of our containers
	pids      cache[int]       // the first process of running containers
	unstarted cache[time.Time] // when Sweep first saw a created container
	refs      cache[string]    // of images, by image id
	writable  cache[string]    // directory of a container's writes, by its id
	starved   cache[bool]      // ended for lack of memory, by id
	layers    layers
}

// settings returns the settings for translations.
func (s *service) settings(l *link, pauseImage string) settings {
	return settings{
		owner:         s.config.Owner,
		pauseImage:    pauseImage,
		cgroupParent:  s.config.CgroupParent,
		systemdCgroup: l.systemdCgroup,
		oomFloor:      l.oomFloor,
		logSize:       s.config.LogSize,
		logFiles:      s.config.LogFiles,
		pidsLimit:     s.config.PidsLimit,
	}
}

// inspect returns a container of ours.
func (s *service) inspect(ctx context.Context, id string) (*docker.Container, record, error) {
	if id == "" {
		return nil, record{}, refuse("no container id given")
	}
	client, err := s.engine.in(ctx)
	if err != nil {
		return nil, record{}, err
	}
	c, err := client.InspectContainerWithContext(id, ctx)
	if gone(err) {
		s.known.drop(id)
	}
	if err != nil {
		return nil, record{}, err
	}
	if c.Config != nil {
		if r, ours := s.config.Owner.read(c.Config.Labels); ours {
			s.known.set(c.ID, r)
			return c, r, nil
		}
	}
	return nil, record{}, &notOurs{id}
}

// find returns the record of a container of ours of the wanted type. It asks Docker
// only once: labels never change.
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

// list returns our containers that have these labels and are in one of these states;
// no states means all.
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

// cache holds facts about our containers that never change, by id. It may forget
// entries at any time.
type cache[T any] struct {
	mu sync.Mutex // guards of
	of map[string]T
}

func (c *cache[T]) get(id string) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.of[id]
	return v, ok
}

func (c *cache[T]) set(id string, v T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]T{}
	}
	c.of[id] = v
}

func (c *cache[T]) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, id)
}

// keep drops all but these ids.
func (c *cache[T]) keep(ids map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.of, func(id string, _ T) bool { return !ids[id] })
}

// each calls do for every item, several at a time, and returns all errors.
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
