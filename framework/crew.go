package framework

import (
	"context"
	"sync"
	"time"
)

// crew runs pieces of work, at most size at a time, started in the order given.
type crew struct {
	queue *inbox
	size  int

	mu      sync.Mutex
	pending map[string]bool // keys of startOnce
}

// pause waits for d and reports whether ctx has not ended.
type pause func(ctx context.Context, d time.Duration) bool

// piece is one piece of work. It calls rest to wait before a retry, which lets
// others work meanwhile.
type piece func(ctx context.Context, rest pause)

func newCrew(size int) *crew {
	return &crew{queue: newInbox(), size: size, pending: map[string]bool{}}
}

// start has work done as soon as a worker is free; it never blocks.
func (c *crew) start(work piece) { c.queue.put(work) }

// startOnce is like start, but does nothing while work of the same key is
// unfinished.
func (c *crew) startOnce(key string, work piece) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[key] {
		return
	}
	c.pending[key] = true
	c.start(func(ctx context.Context, rest pause) {
		defer c.over(key)
		work(ctx, rest)
	})
}

func (c *crew) over(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, key)
}

// run returns when ctx has ended and all work begun has returned.
func (c *crew) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	hands := make(chan struct{}, c.size)
	rest := func(ctx context.Context, d time.Duration) bool {
		<-hands
		defer func() { hands <- struct{}{} }()
		return wait(ctx, d)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.queue.ready:
		}
		for _, m := range c.queue.take() {
			select {
			case <-ctx.Done():
				return
			case hands <- struct{}{}:
			}
			wg.Go(func() {
				defer func() { <-hands }()
				m.(piece)(ctx, rest)
			})
		}
	}
}
