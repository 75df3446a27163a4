package framework

import (
	"context"
	"sync"
)

// crew does pieces of work, at most size at a time, in the order given.
type crew struct {
	queue *inbox
	size  int
}

func newCrew(size int) *crew { return &crew{queue: newInbox(), size: size} }

// start has work done as soon as there is a hand free, and never waits.
func (c *crew) start(work func(context.Context)) { c.queue.put(work) }

// run returns when ctx has ended and all that was begun has returned.
func (c *crew) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	hands := make(chan struct{}, c.size)
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
				m.(func(context.Context))(ctx)
			})
		}
	}
}
