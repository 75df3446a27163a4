package framework

import (
	"context"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"k8s.io/client-go/util/workqueue"
)

// newQueue returns a queue that retries failures after 50 ms, then ever more
// rarely.
func newQueue() workqueue.TypedRateLimitingInterface[string] {
	return workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](50*time.Millisecond, 30*time.Second))
}

// work takes keys from a queue with n workers and retries those that fail;
// it returns when ctx has ended and all workers have.
func work(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string], n int, do func(context.Context, string) error) {
	var wg sync.WaitGroup
	stop := context.AfterFunc(ctx, queue.ShutDown)
	defer stop()
	for range n {
		wg.Go(func() {
			for {
				key, over := queue.Get()
				if over {
					return
				}
				if err := do(ctx, key); err != nil && ctx.Err() == nil {
					glog.V(1).Infof("framework: %s, will be repeated: %v", key, err)
					queue.AddRateLimited(key)
				} else {
					queue.Forget(key)
				}
				queue.Done(key)
			}
		})
	}
	wg.Wait()
}
