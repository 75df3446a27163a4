package framework

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/claims"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podwriter"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
)

// loop is one goroutine that owns the core and the parts around it; nothing else
// touches them, so nothing here is locked. It gives each message to the parts that it
// concerns, tells the core, and has the core's calls carried out.
type loop struct {
	core     *scheduler.State
	rules    Rules    // of the core; may be nil
	recorder Recorder // may be nil
	clock    clock
	log      logr.Logger

	inbox       inbox
	outbox      jobs
	podWriter   *podwriter.Writer
	claims      *claims.Binder
	nominations *podwriter.Nominations
	metrics     *metrics
	identity    *identity
	machines    []string // host names of the agents that may be used; empty: all
	settings    func() taskdata.Settings

	pods        *podTracker
	agents      *agents
	nodes       *nodeKeeper
	drains      *drains
	maintenance *maintenance
	launcher    *launcher
	volumes     *volumeOffers

	connected bool
	changed   time.Time           // when connected did, or this life began
	master    *mesospb.MasterInfo // that accepted the last subscription, as it describes itself
	lastEvent time.Time           // when Mesos said something, or this life began
}

// jobs takes what is to be stored and what is to be told Mesos, in order.
type jobs interface {
	Put(outbox.Job)
	Len() int // that wait
}

func (l *loop) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if next := l.core.Next(); !next.IsZero() {
			timer.Reset(l.clock.until(next))
			due = timer.C
		}
		select {
		case <-ctx.Done():
			return
		case <-due:
			l.step(scheduler.Tick{})
		case <-l.inbox.Ready():
			for _, m := range l.inbox.Take() {
				m.apply(l)
			}
		}
	}
}

// observe tells the rules about an object, and the core where that matters.
func (l *loop) observe(m ruleObject) {
	if l.recorder != nil {
		l.recorder.Observe(l.clock.now(), m.object, m.gone)
	}
	if l.rules.Observe(m.object, m.gone) {
		l.step(scheduler.RulesChanged{})
	}
	if c, is := m.object.(*v1.PersistentVolumeClaim); is {
		l.claims.Changed(c)
	}
}

// step gives the core an event and carries out its calls.
func (l *loop) step(e scheduler.Event) {
	now := l.clock.now()
	calls := l.core.Step(now, e)
	if l.recorder != nil {
		l.recorder.Record(now, e, calls)
	}
	for _, c := range calls {
		l.do(c)
	}
}
