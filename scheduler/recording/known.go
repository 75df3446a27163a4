package recording

import (
	"maps"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// known is what a core knows after the events and calls so far, but for what it remembers of
// the past: back-offs, and what it has told pods. From it a recording can be continued in
// another file.
type known struct {
	pods      ordered[scheduler.PodAdded]
	residents ordered[scheduler.Resident]
	nodes     ordered[scheduler.NodeChanged]
	budgets   ordered[scheduler.BudgetChanged]
	offers    ordered[scheduler.Offer]
	tasks     ordered[scheduler.Task]
	objects   ordered[Observed]
	listed    bool
	connected bool
}

// ordered is a map that remembers in which order its keys came.
type ordered[V any] struct {
	next int
	all  map[string]placed[V]
}

type placed[V any] struct {
	place int
	value V
}

func (o *ordered[V]) set(key string, v V) {
	if o.all == nil {
		o.all = map[string]placed[V]{}
	}
	p, found := o.all[key]
	if !found {
		o.next++
		p.place = o.next
	}
	p.value = v
	o.all[key] = p
}

func (o *ordered[V]) remove(key string) { delete(o.all, key) }

func (o *ordered[V]) values() []V {
	var out []V
	for _, p := range slices.SortedFunc(maps.Values(o.all), func(a, b placed[V]) int { return a.place - b.place }) {
		out = append(out, p.value)
	}
	return out
}

// step applies an event and the core's calls.
func (k *known) step(e scheduler.Event, calls []scheduler.Call) {
	k.event(e)
	for _, c := range calls {
		k.call(c)
	}
}

func (k *known) event(e scheduler.Event) {
	switch e := e.(type) {
	case scheduler.Restored:
		for _, t := range e.Tasks {
			k.tasks.set(t.ID, t)
		}
	case scheduler.PodAdded:
		k.pods.set(e.Pod.UID, e)
	case scheduler.PodRemoved:
		k.pods.remove(e.UID)
	case scheduler.PodStarted:
		k.status(e.UID, func(s *v1.PodStatus) { s.StartTime = &metav1.Time{Time: e.At} })
	case scheduler.PodsListed:
		k.listed = true
	case scheduler.Resident:
		k.residents.set(e.Pod.UID, e)
		if e.Gone {
			k.residents.remove(e.Pod.UID)
		}
	case scheduler.NodeChanged:
		k.nodes.set(e.Name, e)
		if e.Node == nil {
			k.nodes.remove(e.Name)
		}
	case scheduler.BudgetChanged:
		k.budgets.set(e.Namespace+"/"+e.Name, e)
		if e.Budget == nil {
			k.budgets.remove(e.Namespace + "/" + e.Name)
		}
	case scheduler.LaunchFailed:
		for _, t := range e.Tasks {
			k.tasks.remove(t.ID)
		}
	case scheduler.Bound:
		k.bound(e)
	case Observed:
		k.observed(e)
	default:
		k.mesos(e)
	}
}

func (k *known) observed(o Observed) {
	m, err := meta.Accessor(o.Object)
	if err != nil {
		return
	}
	key := o.Kind.String() + " " + m.GetNamespace() + "/" + m.GetName()
	k.objects.set(key, o)
	if o.Gone {
		k.objects.remove(key)
	}
}

// mesos applies what Mesos says.
func (k *known) mesos(e scheduler.Event) {
	switch e := e.(type) {
	case scheduler.Subscribed:
		k.connected, k.offers = true, ordered[scheduler.Offer]{}
	case scheduler.Disconnected:
		k.connected, k.offers = false, ordered[scheduler.Offer]{}
	case scheduler.Offered:
		for _, o := range e.Offers {
			k.offers.set(o.ID, o)
		}
	case scheduler.Rescinded:
		k.offers.remove(e.ID)
	case scheduler.AgentLost:
		for _, o := range k.offers.values() {
			if o.Agent == e.Agent {
				k.offers.remove(o.ID)
			}
		}
	}
}

func (k *known) bound(e scheduler.Bound) {
	t, found := k.tasks.all[e.Task]
	if !found || e.Err != nil {
		return
	}
	k.change(t.value.PodUID, func(p *scheduler.PodAdded) { p.Node = t.value.Node })
}

// change changes what is known of a pod, if anything is.
func (k *known) change(uid string, how func(*scheduler.PodAdded)) {
	if p, found := k.pods.all[uid]; found {
		how(&p.value)
		k.pods.set(uid, p.value)
	}
}

// status changes the status of a pod's object, if that is known.
func (k *known) status(uid string, how func(*v1.PodStatus)) {
	k.change(uid, func(p *scheduler.PodAdded) {
		if p.Pod.Object != nil {
			o := *p.Pod.Object
			how(&o.Status)
			p.Pod.Object = &o
		}
	})
}

func (k *known) call(c scheduler.Call) {
	switch c := c.(type) {
	case scheduler.Launch:
		for _, o := range c.Offers {
			k.offers.remove(o)
		}
		for _, t := range c.Tasks {
			k.tasks.set(t.ID, t)
		}
	case scheduler.Decline:
		for _, o := range c.Offers {
			k.offers.remove(o)
		}
	case scheduler.Kill:
		if c.Record != nil {
			k.tasks.set(c.Task, *c.Record)
		}
	case scheduler.Nominate:
		k.status(c.PodUID, func(s *v1.PodStatus) { s.NominatedNodeName = c.Node })
	case scheduler.Forget:
		k.tasks.remove(c.Task)
	}
}

// events returns what tells a new core the same.
func (k *known) events() []scheduler.Event {
	events := []scheduler.Event{scheduler.Restored{Tasks: k.tasks.values()}}
	for _, o := range k.objects.values() {
		events = append(events, o)
	}
	for _, n := range k.nodes.values() {
		events = append(events, n)
	}
	for _, b := range k.budgets.values() {
		events = append(events, b)
	}
	for _, r := range k.residents.values() {
		events = append(events, r)
	}
	for _, p := range k.pods.values() {
		events = append(events, p)
	}
	if k.listed {
		events = append(events, scheduler.PodsListed{})
	}
	if k.connected {
		events = append(events, scheduler.Subscribed{})
		if offers := k.offers.values(); len(offers) > 0 {
			events = append(events, scheduler.Offered{Offers: offers})
		}
	}
	return events
}
