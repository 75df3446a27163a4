// Package policynotices writes an event about each network policy that is not enforced: on
// no node, or not on the nodes whose network does not work or that have none. Who relies on a policy shall not
// learn of it by an intruder.
package policynotices

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Reason is that of the events.
const Reason = "NotEnforced"

// podNetwork is the condition by which an executor says whether its node's network works.
const podNetwork v1.NodeConditionType = taskdata.ConditionPodNetwork

// settle is for how long a node's network must not work before policies are told: an
// executor that starts, or a firewall that is reloaded, is no news.
const settle = time.Minute

// Config configures Notices. Client and Events are required.
type Config struct {
	Client  kubernetes.Interface
	Nowhere string // why no node enforces policies; "": nodes do, unless they say otherwise
	Events  Recorder
}

// Recorder records events. It does not block.
type Recorder interface {
	Event(about runtime.Object, eventType, reason, message string)
}

// Notices watches policies and nodes.
type Notices struct {
	cfg             Config
	policies, nodes cache.SharedIndexInformer
	told            map[types.UID]string // what each policy was told last
}

// New wires the notices. Exactly one may run in a cluster.
func New(cfg Config) *Notices {
	factory := informers.NewSharedInformerFactoryWithOptions(cfg.Client, 0, informers.WithTransform(slim))
	return &Notices{
		cfg: cfg, told: map[types.UID]string{},
		policies: factory.Networking().V1().NetworkPolicies().Informer(),
		nodes:    factory.Core().V1().Nodes().Informer(),
	}
}

// slim drops unused fields that make up much of an object's size.
func slim(o any) (any, error) {
	if m, err := meta.Accessor(o); err == nil {
		m.SetManagedFields(nil)
	}
	return o, nil
}

// Run writes events until ctx ends, which is no error.
func (n *Notices) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	changed := make(chan struct{}, 1)
	wake := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, informer := range []cache.SharedIndexInformer{n.policies, n.nodes} {
		registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(any) { wake() }, UpdateFunc: func(_, _ any) { wake() }})
		if err != nil {
			return err
		}
		wg.Go(func() { informer.RunWithContext(ctx) })
		if !cache.WaitFor(ctx, "", registration.HasSyncedChecker()) {
			return nil
		}
	}
	tick := time.NewTicker(settle)
	defer tick.Stop()
	for {
		n.look(time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-changed:
		}
	}
}

// look tells each policy what is new about it.
func (n *Notices) look(now time.Time) {
	message := n.cfg.Nowhere
	if message == "" {
		message = unenforced(n.nodes.GetStore().List(), now)
	}
	known := map[types.UID]string{}
	for _, o := range n.policies.GetStore().List() {
		policy := o.(*netv1.NetworkPolicy)
		known[policy.UID] = message
		if message != "" && n.told[policy.UID] != message {
			n.cfg.Events.Event(policy, v1.EventTypeWarning, Reason, message)
		}
	}
	n.told = known
}

// unenforced returns on which nodes policies are not enforced, or "".
func unenforced(all []any, now time.Time) string {
	var broken, silent []string
	for _, o := range all {
		node := o.(*v1.Node)
		switch i := slices.IndexFunc(node.Status.Conditions, func(c v1.NodeCondition) bool { return c.Type == podNetwork }); {
		case i < 0 && nodes.ExecutorReady(node) && now.Sub(readySince(node)) >= settle:
			silent = append(silent, node.Name)
		case i >= 0 && node.Status.Conditions[i].Status == v1.ConditionFalse && now.Sub(node.Status.Conditions[i].LastTransitionTime.Time) >= settle:
			broken = append(broken, node.Name)
		}
	}
	var where []string
	if len(broken) > 0 {
		where = append(where, fmt.Sprintf("pods on %s: the network there does not work, and the condition %s of the Node says why", shortened(broken), podNetwork))
	}
	if len(silent) > 0 {
		where = append(where, fmt.Sprintf("pods on %s: the executor there was started without this network; drain the node, and the next executor has it", shortened(silent)))
	}
	if where == nil {
		return ""
	}
	return "the policy may not be enforced for " + strings.Join(where, "; nor for ")
}

// readySince returns when a node became ready.
func readySince(n *v1.Node) time.Time {
	for _, c := range n.Status.Conditions {
		if c.Type == v1.NodeReady {
			return c.LastTransitionTime.Time
		}
	}
	return time.Time{}
}

// shortened lists few names of many.
func shortened(names []string) string {
	const most = 5
	slices.Sort(names)
	if more := len(names) - most; more > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
