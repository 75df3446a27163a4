package retryqueue

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"
)

// The pauses between two attempts at a key.
const (
	ShortestPause = 50 * time.Millisecond
	LongestPause  = 30 * time.Second
)

// Queue holds the keys that wait for a worker or for their next attempt.
type Queue[K comparable] struct {
	keys workqueue.TypedRateLimitingInterface[K]
	log  logr.Logger
}

// New returns an empty queue.
func New[K comparable](log logr.Logger) *Queue[K] {
	return &Queue[K]{log: log, keys: workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[K](ShortestPause, LongestPause))}
}

// Add has a key worked on as soon as a worker is free. It does not block.
func (q *Queue[K]) Add(key K) { q.keys.Add(key) }

// AddAfter is Add, later.
func (q *Queue[K]) AddAfter(key K, d time.Duration) { q.keys.AddAfter(key, d) }

// Run has workers do the work until ctx ends, and returns when all have returned.
// An error of do means that the key is to be tried again.
func (q *Queue[K]) Run(ctx context.Context, workers int, do func(context.Context, K) error) {
	stop := context.AfterFunc(ctx, q.keys.ShutDown)
	defer stop()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for q.next(ctx, do) {
			}
		})
	}
	wg.Wait()
}

// next works on one key; it returns false when the queue has been shut down.
func (q *Queue[K]) next(ctx context.Context, do func(context.Context, K) error) bool {
	key, over := q.keys.Get()
	if over {
		return false
	}
	defer q.keys.Done(key)
	if err := do(ctx, key); err != nil && ctx.Err() == nil {
		q.log.V(1).Info("an attempt failed and will be repeated", "key", key, "reason", err)
		q.keys.AddRateLimited(key)
		return true
	}
	q.keys.Forget(key)
	return true
}
