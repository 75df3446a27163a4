package framework

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What is put into the inbox, besides scheduler events, events of Mesos and
// questions.
type (
	// disconnected: there is no subscription now.
	disconnected struct{ err error }

	// podSeen: a pod is new or has changed. At start the existing ones come in
	// no order, followed by podsSynced.
	podSeen    struct{ pod *v1.Pod }
	podGone    struct{ pod *v1.Pod }
	podsSynced struct{}

	// executorStored: an agent's ExecutorInfo is on record.
	executorStored struct {
		agent string
		info  []byte
	}

	nodeSeen struct{ node *v1.Node }
	nodeGone struct{ name string }
)

// loop owns the scheduler's state and everything remembered with it; nothing else
// touches them, so nothing here is locked.
type loop struct {
	*Framework
	state *scheduler.State

	pods    map[string]*v1.Pod // ours to run, by uid
	early   map[string]*v1.Pod // all that are seen before synced
	synced  bool               // every pod that existed at start has been seen
	waiting map[string]string  // why a pod waits, by uid

	agents *agents
	nodes  map[string]*v1.Node // as the API server has them
	told   map[string]*v1.Node // as the core was told last

	nodeWaits map[string]string // what a pod's node waits for, by uid, as the pod's events tell

	connected bool
	answered  bool                 // the master has reported on its agents, so nothing is guessed
	lastEvent time.Time            // when Mesos said something, or this life began
	unheard   map[string]time.Time // when a pod without a node was first seen, by uid, until it runs
}

func (l *loop) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if next := l.state.Next(); !next.IsZero() {
			timer.Reset(l.clock.until(next))
			due = timer.C
		}
		select {
		case <-ctx.Done():
			return
		case <-due:
			l.step(scheduler.Tick{})
		case <-l.inbox.ready:
			for _, m := range l.inbox.take() {
				l.handle(m)
			}
		}
	}
}

// step gives the core an event and carries out its calls.
func (l *loop) step(e scheduler.Event) {
	for _, c := range l.state.Step(l.clock.now(), e) {
		l.do(c)
	}
}

func (l *loop) handle(m any) {
	switch m := m.(type) {
	case *mesospb.SchedulerEvent:
		l.mesosEvent(m)
	case disconnected:
		l.disconnect(m.err)
	case podSeen:
		l.podSeen(m.pod)
	case podGone:
		l.podGone(m.pod)
	case podsSynced:
		l.podsSynced()
	case nodeSeen:
		l.nodeSeen(m.node)
	case nodeGone:
		l.nodeGone(m.name)
	case executorStored:
		if a := l.agents.byID[m.agent]; a != nil {
			a.stored = m.info
		}
	case tellSettings:
		l.tellExecutors()
	case agentStates:
		l.lookAtStates(m)
	case lookAtMaintenance:
		l.maintain()
	case scheduler.Event:
		l.outcome(m)
	case question:
		m(l)
	default:
		glog.Errorf("framework: unexpected message %T", m)
	}
}

// outcome passes on the outcome of one of the core's calls.
func (l *loop) outcome(e scheduler.Event) {
	if failed, ok := e.(scheduler.LaunchFailed); ok {
		l.metrics.notLaunched(failed)
		for _, t := range failed.Tasks {
			l.forgetTask(t.ID, t.Agent)
		}
	}
	l.step(e)
}

func (l *loop) nodeSeen(n *v1.Node) {
	l.nodes[n.Name] = n
	l.agents.saw(n)
	l.tellNode(n.Name, nil)
}

// nodeGone: a Node was deleted. The Node of an agent that offers is made again
// with the next offer; an agent that Mesos has lost as well is forgotten.
func (l *loop) nodeGone(name string) {
	delete(l.nodes, name)
	delete(l.told, name)
	l.writer.gone(name)
	if a := l.agents.byID[l.agents.holder[name]]; a != nil && a.lost && len(a.tasks) == 0 {
		l.forgetAgent(a)
		l.tokens.forget(name)
	}
	l.step(scheduler.NodeChanged{Name: name})
}

// tellNode tells the core about a Node as the API server has it, overlaid with
// what the framework wants. It omits what matters to no pod's placement, such as
// a heartbeat.
func (l *loop) tellNode(name string, w *wantedNode) {
	var n *v1.Node
	switch api := l.nodes[name]; {
	case api != nil && w != nil:
		n = api.DeepCopy()
		w.describe(n)
	case api != nil:
		n = new(*api)
		n.Spec.Taints = slices.DeleteFunc(slices.Clone(n.Spec.Taints), lifecycleTaint) // an agent that is lost does not offer
	case w != nil:
		n = w.object(metav1.Now())
	default:
		return
	}
	if old := l.told[name]; old != nil && old.Spec.Unschedulable == n.Spec.Unschedulable &&
		reflect.DeepEqual(old.Labels, n.Labels) && reflect.DeepEqual(old.Spec.Taints, n.Spec.Taints) &&
		reflect.DeepEqual(old.Status.Allocatable, n.Status.Allocatable) {
		return
	}
	l.told[name] = n
	l.step(scheduler.NodeChanged{Name: name, Node: n})
}
