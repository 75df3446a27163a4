package resourcemetrics

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
)

const (
	period       = 15 * time.Second // of rounds
	firstPeriod  = 2 * time.Second  // between the first two rounds
	interest     = 2 * time.Minute  // rounds go on for this long after a question
	nodePatience = 5 * time.Second
	patience     = 20 * time.Second // of a question, for the first rounds
	atOnce       = 16               // nodes
	maxAnswer    = 8 << 20          // bytes of a kubelet; 100 pods take 60 kB
)

// Kubelets reaches the kubelets.
type Kubelets interface {
	// WithPods returns the names of the Nodes that pods are bound to.
	WithPods() ([]string, error)
	// ResourceMetrics returns a kubelet's resource metrics. The caller closes them.
	ResourceMetrics(ctx context.Context, node string) (io.ReadCloser, error)
}

// Collector reads the kubelets' resource metrics, at intervals and only while they are asked for.
type Collector struct {
	kubelets Kubelets
	log      logr.Logger
	asked    chan struct{}

	mu     sync.Mutex
	latest *round
	fresh  chan struct{} // closed when latest is set
}

// round is what was known after the kubelets had been asked.
type round struct {
	samples map[string]map[container]sample // by node; of those that answered
	pods    map[string]map[podKey]podUsage  // likewise
	silent  map[string]bool                 // nodes whose kubelets did not answer
	ended   time.Time
	window  time.Duration // since the round before
}

// NewCollector returns a Collector, which Run runs.
func NewCollector(kubelets Kubelets, log logr.Logger) *Collector {
	return &Collector{kubelets: kubelets, log: log, asked: make(chan struct{}, 1), fresh: make(chan struct{})}
}

// Run asks the kubelets whenever somebody asks, until ctx ends.
func (c *Collector) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.asked:
			c.watch(ctx)
		}
	}
}

// watch asks the kubelets again and again until nobody has asked us for some time, and then
// forgets what they said.
func (c *Collector) watch(ctx context.Context) {
	defer c.forget()
	idle := time.NewTimer(interest)
	defer idle.Stop()
	last := c.round(ctx, &round{})
	next := time.NewTimer(firstPeriod)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-idle.C:
			return
		case <-c.asked:
			idle.Reset(interest)
		case <-next.C:
			last = c.round(ctx, last)
			c.publish(last)
			next.Reset(period)
		}
	}
}

func (c *Collector) publish(r *round) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest == nil {
		close(c.fresh)
	}
	c.latest = r
}

func (c *Collector) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest != nil {
		c.latest, c.fresh = nil, make(chan struct{})
	}
}

// errNotYet is the answer while there are no figures.
var errNotYet = errors.New("the kubelets have not answered yet: ask again in some seconds")

// figures returns the latest round. It waits for the first.
func (c *Collector) figures(ctx context.Context) (*round, error) {
	select {
	case c.asked <- struct{}{}:
	default: // Run has not seen the question before this one yet
	}
	c.mu.Lock()
	latest, fresh := c.latest, c.fresh
	c.mu.Unlock()
	if latest != nil {
		return latest, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-fresh:
	case <-ctx.Done():
		return nil, errNotYet
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest == nil {
		return nil, errNotYet
	}
	return c.latest, nil
}

// round asks all kubelets, some at once. It takes no longer than a period.
func (c *Collector) round(ctx context.Context, before *round) *round {
	ctx, cancel := context.WithTimeout(ctx, period)
	defer cancel()
	now := &round{samples: map[string]map[container]sample{}, pods: map[string]map[podKey]podUsage{}, silent: map[string]bool{}}
	nodes, err := c.kubelets.WithPods()
	if err != nil {
		c.log.Error(err, "what pods use is not known")
	}
	var g errgroup.Group
	g.SetLimit(atOnce)
	var mu sync.Mutex
	for _, node := range nodes {
		g.Go(func() error {
			samples, err := c.ask(ctx, node)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				now.silent[node] = true
				c.log.V(1).Info("a kubelet does not tell what its pods use", "node", node, "reason", err.Error())
				return nil
			}
			now.samples[node], now.pods[node] = samples, rates(before.samples[node], samples, 2*period)
			return nil
		})
	}
	g.Wait() // no function returns an error
	now.ended = time.Now()
	if !before.ended.IsZero() {
		now.window = now.ended.Sub(before.ended)
	}
	return now
}

func (c *Collector) ask(ctx context.Context, node string) (map[container]sample, error) {
	ctx, cancel := context.WithTimeout(ctx, nodePatience)
	defer cancel()
	answer, err := c.kubelets.ResourceMetrics(ctx, node)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	return parse(io.LimitReader(answer, maxAnswer))
}
