package scheduler

import (
	"maps"
	"slices"
	"time"
)

// Times of reconciliation.
const (
	firstAsk    = 5 * time.Second // an unanswered question is repeated, ever more slowly
	mostAsk     = time.Minute
	slowAsk     = time.Minute      // for what may well take longer
	hintAsk     = 10 * time.Second // after a hint that something has happened
	everyRound  = 15 * time.Minute
	tasksPerAsk = 1000 // about 100 kB
)

func (s *State) subscribed() {
	s.voidAll()
	s.connected = true
	s.wish.reset(s)
	s.teller.stir(s)
	for _, t := range s.sortedTasks() {
		switch {
		case t.state == launching || t.state == running:
			t.tries = 0
			s.asking = append(s.asking, t)
		case t.state == killing && t.tries == 0:
			t.spare = true
			s.alarms.set(&t.alarm, s.now.Add(removeGrace)) // updates that waited for us come first
		case t.state == killing:
			s.kill(t, 0)
		}
	}
	s.reconcile()
	s.askForStrangers()
	s.alarms.set(&s.round, s.now.Add(everyRound))
}

func (s *State) disconnected(why error) {
	s.connected = false
	s.apart = "not connected to a Mesos master"
	if why != nil {
		s.apart = why.Error()
	}
	s.voidAll()
	s.alarms.stop(&s.round)
	s.teller.stir(s)
}

// reconcileAll makes the periodic round, which needs no cause.
func (s *State) reconcileAll() {
	for _, t := range s.sortedTasks() {
		if (t.state == launching || t.state == running) && !t.alarm.isSet() {
			s.asking = append(s.asking, t)
		}
	}
	s.reconcile()
	s.askForStrangers()
	s.alarms.set(&s.round, s.now.Add(everyRound))
}

// askForStrangers asks for all tasks that the master knows, including those
// that we do not. It is of no use before all stored ones are known.
func (s *State) askForStrangers() {
	if s.connected && s.listed {
		s.call(Reconcile{})
	}
}

// reconcile asks for the tasks of State.asking, and again until each is
// answered: a master does not answer for agents that are not back after its
// failover.
func (s *State) reconcile() {
	asking := s.asking
	s.asking = nil
	if !s.connected {
		return // Subscribed asks for all
	}
	var batch []Task
	for _, t := range asking {
		if t.state != launching && t.state != running || s.tasks[t.ID] != t {
			continue // it has been heard of meanwhile
		}
		s.alarms.set(&t.alarm, s.now.Add(backoff(t.tries, firstAsk, mostAsk)))
		t.tries++
		if batch = append(batch, t.Task); len(batch) == tasksPerAsk {
			s.call(Reconcile{Tasks: batch})
			batch = nil
		}
	}
	if len(batch) > 0 {
		s.call(Reconcile{Tasks: batch})
	}
}

// heard stops asking for a task.
func (s *State) heard(t *task) {
	t.tries = 0
	s.alarms.stop(&t.alarm)
}

func (s *State) askLater(t *task, after time.Duration) {
	t.tries = 0
	s.alarms.set(&t.alarm, s.now.Add(after))
}

// doubt asks for the tasks on an agent after a while: events about agents and executors
// are hints, sent once, while the tasks' own updates are repeated.
func (s *State) doubt(a *agent, after time.Duration) {
	for _, t := range a.tasks {
		if t.state == launching || t.state == running {
			s.askLater(t, after)
		}
	}
}

// sortedTasks returns the tasks by id; it is slow, for rare use.
func (s *State) sortedTasks() []*task {
	all := make([]*task, 0, len(s.tasks))
	for _, id := range slices.Sorted(maps.Keys(s.tasks)) {
		all = append(all, s.tasks[id])
	}
	return all
}
