package dockershim

import (
	"errors"
	"maps"
	"sync"
)

// cache holds facts about our containers that never change, by id. It may forget
// entries at any time; the sweep prunes those of containers that are gone.
type cache[T any] struct {
	mu sync.Mutex // guards of
	of map[string]T
}

// pruned is a cache of any facts.
type pruned interface{ keep(ids map[string]bool) }

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
