package loadbalancer

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const (
	pause = 100 * time.Millisecond // between two looks: changes come in crowds
	again = 2 * time.Second        // after a write that failed
)

// Config configures a Controller. Client and Events are required, and Agents with Nodes.
type Config struct {
	Client kubernetes.Interface
	// Nodes chooses the nodes whose addresses services get; nil: none.
	Nodes labels.Selector
	// Agents returns the addresses of nodes' agents, as Mesos has them. Services get no others,
	// whatever kubelets report. It may wait until they are known.
	Agents func(context.Context) (map[string]netip.Addr, error)
	// Ranges are those of pods and services: no node has an address of them.
	Ranges []netip.Prefix
	// Off is what services are told if Nodes is nil: why they get no address, and what to do.
	Off string
	// Reserved are ports of all nodes that are not for services, in addition to the usual.
	Reserved []Port
	Events   Recorder
	Log      logr.Logger
}

// Recorder records events. It does not block.
type Recorder interface {
	Event(about runtime.Object, eventType, reason, message string)
}

// Controller keeps the status of services of type LoadBalancer.
type Controller struct {
	cfg                     Config
	services, nodes, slices cache.SharedIndexInformer // the latter two are not run if no node is chosen
	synced                  []cache.DoneChecker
	changed                 chan struct{}        // holds a token while something has changed
	told                    map[types.UID]string // the last event's message of each service
}

// New wires a controller. Exactly one may run in a cluster.
func New(cfg Config) *Controller {
	factory := informers.NewSharedInformerFactoryWithOptions(cfg.Client, 0, informers.WithTransform(transform.Network))
	c := &Controller{
		cfg: cfg, changed: make(chan struct{}, 1), told: map[types.UID]string{},
		services: factory.Core().V1().Services().Informer(),
		nodes:    factory.Core().V1().Nodes().Informer(),
		slices:   factory.Discovery().V1().EndpointSlices().Informer(),
	}
	for _, informer := range c.running() {
		registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { c.wake() }, UpdateFunc: func(_, _ any) { c.wake() }, DeleteFunc: func(any) { c.wake() },
		})
		if err != nil {
			panic(err) // the informer has not been stopped
		}
		c.synced = append(c.synced, registration.HasSyncedChecker())
	}
	return c
}

// running returns the informers that are needed.
func (c *Controller) running() []cache.SharedIndexInformer {
	if c.cfg.Nodes == nil {
		return []cache.SharedIndexInformer{c.services, c.nodes}
	}
	return []cache.SharedIndexInformer{c.services, c.nodes, c.slices}
}

func (c *Controller) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// Run writes statuses until ctx ends, which is no error.
func (c *Controller) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, informer := range c.running() {
		wg.Go(func() { informer.RunWithContext(ctx) })
	}
	if !cache.WaitFor(ctx, "", c.synced...) {
		return nil
	}
	c.wake()
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-retry:
		case <-c.changed:
		}
		retry = nil
		if err := c.sync(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error(err, "a service's addresses are not written; trying again")
			retry = time.After(again)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}
