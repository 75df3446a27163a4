package scheduler

import (
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Step applies one event and returns the calls it gives rise to, in order.
// Time must not run backwards; when it does, it is taken to stand still.
//
// Pods are placed at the end of the Step, whatever the event was.
func (s *State) Step(now time.Time, e Event) []Call {
	s.clock.advance(now)
	s.session.calls = nil
	s.clock.ring()
	s.apply(e)
	s.matcher.run()
	s.matcher.decline()
	s.reconciler.flush()
	s.demand.update(s.changes.fit, s.queue.hasReady(), !s.queue.empty())
	s.changes.fit = false
	return s.session.calls
}

// Next returns when the core wants a Tick at the latest; zero means never.
func (s *State) Next() time.Time { return s.clock.next() }

func (s *State) apply(e Event) {
	switch e := e.(type) {
	case Restored:
		s.pods.restored(e.Tasks)
	case PodAdded:
		s.pods.added(e.Pod, e.Node)
	case PodRemoved:
		s.pods.removed(e.UID)
	case PodStarted:
		s.pods.started(e.UID, e.At)
	case PodsListed:
		s.podsListed()
	case NodeChanged:
		s.nodeChanged(e)
	case Resident:
		s.residents.foreign(e)
	case BudgetChanged:
		s.preemptor.budgets.Set(e.Namespace, e.Name, e.Budget)
		s.changes.reasons()
	case RulesChanged:
		s.residents.took(Effect{More: true})
	case Subscribed:
		s.subscribed()
	case Disconnected:
		s.disconnected(e.Err)
	case Offered:
		s.offered(e.Offers)
	case Rescinded:
		s.fleet.rescinded(e.ID)
	case Updated:
		s.updated(e.Update)
	case ExecutorLost:
		if a := s.fleet.find(e.Agent); a != nil {
			s.bound.executorEnded(a, hintAsk)
		}
	case AgentLost:
		s.agentLost(e.Agent)
	case LaunchFailed:
		s.attempts.notStored(e)
	case Bound:
		s.attempts.bindingDone(e)
	case Failed:
		s.bound.failed(e.PodUID)
	case Tick:
		// Time has passed: the alarms have rung already.
	}
}

func (s *State) podsListed() {
	if s.session.listed {
		return
	}
	s.session.listed = true
	s.pods.listed()
	s.fleet.refreshAll()
	s.reconciler.askForStrangers()
	s.changes.reasons()
}

func (s *State) nodeChanged(e NodeChanged) {
	s.residents.node(e.Name, e.Node)
	if n, differs := s.nodes.changed(e.Name, e.Node); differs || len(n.assigned) > 0 {
		s.queue.forgetVerdicts(n)
		s.changes.mayFit()
		s.changes.reasons()
	}
}

func (s *State) subscribed() {
	s.fleet.voidAll()
	s.session.connected, s.session.since = true, s.clock.now
	s.demand.reset()
	s.changes.reasons()
	for _, t := range s.tasks.sorted() {
		switch {
		case t.isAsked():
			t.tries = 0
			s.reconciler.ask(t)
		case t.state == killing:
			s.killer.resume(t)
		}
	}
	s.reconciler.beginRound()
}

func (s *State) disconnected(err error) {
	s.session.disconnected(err)
	s.fleet.voidAll()
	s.reconciler.stop()
	s.changes.reasons()
}

func (s *State) offered(offers []Offer) {
	if !s.session.connected {
		return // of a stream that is over
	}
	for _, o := range offers {
		if s.fleet.isHeld(o.ID) {
			continue
		}
		a, executorMissing := s.fleet.offered(o, s.nodes.get(o.Node))
		if executorMissing {
			s.bound.executorEnded(a, 0) // the event for it got lost
		}
	}
	s.changes.reasons()
}

func (s *State) agentLost(id string) {
	if a := s.fleet.find(id); a != nil {
		a.lost = true
		s.reconciler.askAbout(a, hintAsk)
		s.fleet.void(a)
		s.changes.reasons()
	}
}

// updated passes a status update to the part that decides about the task's state.
func (s *State) updated(u Update) {
	t := s.tasks.get(u.Task)
	if !s.session.listed && (t == nil || t.state == launching && t.pod == nil) {
		return // what it is about is not known yet; it will come again
	}
	if t == nil {
		s.killer.strangerUpdated(u)
		return
	}
	if u.Agent == "" {
		u.Agent = t.Agent
	}
	if u.State == mesospb.TaskState_TASK_STARTING {
		u.Waits = t.stillWaits(u)
	}
	kind := classify(u)
	if t.orphaned {
		if kind == ended && isAnswer(u) {
			kind = interrupted // the answer says that it has ended, not that it did so by itself
		}
		defer s.bound.heardAgain(t)
	}
	if kind != unrecorded {
		t.unknownSince = time.Time{}
	}
	if u.provesAgent() && t.state != killing {
		s.bound.ran(t)
	}
	switch t.state {
	case launching:
		s.attempts.launchingUpdated(t, u, kind)
	case binding:
		s.attempts.bindingUpdated(t, u, kind)
	case running:
		s.bound.runningUpdated(t, u, kind)
	case isEnded:
		s.bound.endedUpdated(t, u, kind)
	case failing:
		s.bound.failingUpdated(t, u, kind)
	case killing:
		s.killer.updated(t, u, kind)
	}
}

// report does what is due some time after any change: pods that need others' places get
// them, and those that wait are told why.
func (s *State) report() {
	s.preemptor.run()
	s.reasons.report()
}

// taskDue passes the alarm of a task to the part that decides about its state.
func (s *State) taskDue(t *task) {
	switch t.state {
	case launching:
		s.attempts.due(t)
	case running:
		s.reconciler.ask(t)
	case isEnded:
		s.bound.endNotSeen(t)
	case killing:
		s.killer.due(t)
	}
}

// Counts holds how many things of each kind the core tracks.
type Counts struct {
	Suppressed bool           // Mesos is asked for no offers
	Tasks      map[string]int // by state: launching, binding, running, ended, failing, killing
}

// Counts returns the current counts, in time proportional to the number of
// tasks.
func (s *State) Counts() Counts {
	return Counts{Suppressed: s.demand.suppressed, Tasks: s.tasks.counts()}
}
