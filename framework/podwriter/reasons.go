package podwriter

import (
	"context"
	"regexp"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/retryqueue"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/flowcontrol"
)

const (
	// firstPause is how long a pod waits before the reason is written: most do not
	// wait that long.
	firstPause = time.Second

	// nextPause is how long a reason stands before another replaces it; twice
	// as long each time, up to longestPause for a reason of another kind, and up to
	// longestFiguresPause for one with other figures only: what thousands of pods lack
	// changes with every pod that comes or goes.
	nextPause           = 10 * time.Second
	longestPause        = time.Minute
	longestFiguresPause = 5 * time.Minute

	reasonWriters = 4 // at a time
)

// Reasons writes why pods wait: into the PodScheduled condition and, when the
// reason is of another kind, as an event. Only the latest reason of a pod is
// kept, and written seldom, so thousands of waiting pods do not keep the API
// server from starting others.
type Reasons struct {
	client kubernetes.Interface
	pods   cache.Store
	events Events
	queue  *retryqueue.Queue[string]
	limit  flowcontrol.RateLimiter

	mu      sync.Mutex
	pending map[string]*pendingReason // by pod uid
}

// pendingReason is why one pod waits.
type pendingReason struct {
	pod     *v1.Pod
	message string
	written string    // what the API server has been told
	since   time.Time // when that was, or when the pod began to wait
	pause   time.Duration
}

// due returns when the API server may be told the message.
func (r *pendingReason) due() time.Time {
	if sameKind(r.message, r.written) {
		return r.since.Add(r.pause)
	}
	return r.since.Add(min(r.pause, longestPause))
}

// figures matches the figures in a message.
var figures = regexp.MustCompile(`[0-9][0-9.]*( to [0-9.]+)?`)

// sameKind reports whether two messages differ in their figures only.
func sameKind(a, b string) bool {
	return figures.ReplaceAllString(a, "") == figures.ReplaceAllString(b, "")
}

// NewReasons returns Reasons that are written while Run does; pods is the store of a
// watch.
func NewReasons(client kubernetes.Interface, pods cache.Store, events Events, log logr.Logger) *Reasons {
	return &Reasons{
		client: client, pods: pods, events: events, queue: retryqueue.New[string](log),
		limit: flowcontrol.NewTokenBucketRateLimiter(50, 100), pending: map[string]*pendingReason{},
	}
}

// Set sets why a pod waits.
func (rs *Reasons) Set(p *v1.Pod, message string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	uid := string(p.UID)
	r := rs.pending[uid]
	if r == nil {
		r = &pendingReason{since: time.Now(), pause: firstPause}
		rs.pending[uid] = r
	}
	r.pod, r.message = p, message
	if r.message != r.written {
		rs.queue.AddAfter(uid, time.Until(r.due()))
	}
}

// Clear forgets a pod that no longer waits.
func (rs *Reasons) Clear(uid string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.pending, uid)
}

// Run writes until ctx ends.
func (rs *Reasons) Run(ctx context.Context) { rs.queue.Run(ctx, reasonWriters, rs.write) }

func (rs *Reasons) write(ctx context.Context, uid string) error {
	rs.mu.Lock()
	r := rs.pending[uid]
	if r == nil || r.message == r.written {
		rs.mu.Unlock()
		return nil
	}
	if early := time.Until(r.due()); early > 0 { // put in twice
		rs.mu.Unlock()
		rs.queue.AddAfter(uid, early)
		return nil
	}
	pod, message, news := r.pod, r.message, !sameKind(r.message, r.written)
	rs.mu.Unlock()

	if err := rs.limit.Wait(ctx); err != nil {
		return err
	}
	if err := rs.patch(ctx, pod, message, news); err != nil {
		return err
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r.written, r.since, r.pause = message, time.Now(), max(nextPause, min(2*r.pause, longestFiguresPause))
	if r.message != message {
		rs.queue.AddAfter(uid, time.Until(r.due()))
	}
	return nil
}
