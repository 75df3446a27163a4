// Package policynotices writes an event about each network policy that is not enforced: on
// no node, or not on the nodes whose network does not work or that have none, and one about
// each of the latter. Who relies on a policy shall not learn of it by an intruder.
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
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
)

// The reasons of the events.
const (
	Reason               = "NotEnforced"       // of a policy
	ReasonWithoutNetwork = "WithoutPodNetwork" // of a Node
)

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
	told            map[types.UID]string // what each policy or Node was told last
}

// New wires the notices. Exactly one may run in a cluster.
func New(cfg Config) *Notices {
	factory := informers.NewSharedInformerFactoryWithOptions(cfg.Client, 0, informers.WithTransform(transform.Network))
	return &Notices{
		cfg: cfg, told: map[types.UID]string{},
		policies: factory.Networking().V1().NetworkPolicies().Informer(),
		nodes:    factory.Core().V1().Nodes().Informer(),
	}
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

// look tells each policy, and each Node without a network, what is new about it.
func (n *Notices) look(now time.Time) {
	message := n.cfg.Nowhere
	known := map[types.UID]string{}
	tell := func(about object, reason, message string) {
		known[about.GetUID()] = message
		if message != "" && n.told[about.GetUID()] != message {
			n.cfg.Events.Event(about, v1.EventTypeWarning, reason, message)
		}
	}
	if message == "" {
		broken, without := unconnected(n.nodes.GetStore().List(), now)
		message = unenforced(broken, without)
		for _, node := range without {
			tell(node, ReasonWithoutNetwork, withoutNetwork)
		}
	}
	for _, o := range n.policies.GetStore().List() {
		tell(o.(*netv1.NetworkPolicy), Reason, message)
	}
	n.told = known
}

type object interface {
	runtime.Object
	GetUID() types.UID
}

const withoutNetwork = "the executor of this node was started without the network of pods: services and names of other nodes do not lead to its pods, and network policies do not hold for them; " +
	"drain the node, and the next executor has the network"

// unconnected returns the nodes whose network has not worked for a while, and those of which an
// executor is ready that does not know of the network.
func unconnected(all []any, now time.Time) (broken, without []*v1.Node) {
	for _, o := range all {
		node := o.(*v1.Node)
		switch i := slices.IndexFunc(node.Status.Conditions, func(c v1.NodeCondition) bool { return c.Type == podNetwork }); {
		case i < 0 && nodes.ExecutorReady(node) && now.Sub(readySince(node)) >= settle:
			without = append(without, node)
		case i >= 0 && node.Status.Conditions[i].Status == v1.ConditionFalse && now.Sub(node.Status.Conditions[i].LastTransitionTime.Time) >= settle:
			broken = append(broken, node)
		}
	}
	return broken, without
}

// unenforced says on which nodes policies are not enforced, or "".
func unenforced(broken, without []*v1.Node) string {
	var where []string
	if len(broken) > 0 {
		where = append(where, fmt.Sprintf("pods on %s: the network there does not work, and the condition %s of the Node says why", shortened(broken), podNetwork))
	}
	if len(without) > 0 {
		where = append(where, fmt.Sprintf("pods on %s: the executor there was started without this network; drain the node, and the next executor has it", shortened(without)))
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

// shortened lists the names of a few of many nodes.
func shortened(all []*v1.Node) string {
	const most = 5
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.Name
	}
	slices.Sort(names)
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
