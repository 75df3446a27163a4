package framework

import (
	"context"
	"sync"
	"time"
)

// crew does pieces of work, at most size at a time, begun in the order given.
type crew struct {
	queue *inbox
	size  int

	mu      sync.Mutex
	pending map[string]bool // keys of startOnce
}

// pause waits and reports whether ctx goes on.
type pause func(ctx context.Context, d time.Duration) bool

// piece is one piece of work. It waits by rest before it tries again, which lets
// others work meanwhile.
type piece func(ctx context.Context, rest pause)

func newCrew(size int) *crew {
	return &crew{queue: newInbox(), size: size, pending: map[string]bool{}}
}

// start has work done as soon as there is a hand free, and never waits.
func (c *crew) start(work piece) { c.queue.put(work) }

// startOnce is start, but does nothing while work of the same key is not over.
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

// run returns when ctx has ended and all that was begun has returned.
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
