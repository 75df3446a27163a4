package scheduler

import "time"

// Kills of strangers, tasks of ours without a record, are paced: after a loss of
// records there may be a hundred thousand, and users' requests take the same
// path to the master.
const (
	strangersPerSecond = 250
	// A Kill is answered by an update unless it gets lost. Ending a pod takes its
	// grace period, so repeating a Kill sooner would gain nothing.
	firstStrangerAsk = 2 * time.Minute
	mostStrangerAsk  = 15 * time.Minute
)

// killer sends Kills: those of tasks on record at once, and those of strangers in
// the order in which they were met, strangersPerSecond at most.
type killer struct {
	waiting []*task // strangers whose Kill is to be sent
	began   time.Time
	sent    int // since began
	alarm   alarm
}

func (k *killer) init(s *State) { k.alarm.ring = s.killStrangers }

// isStranger reports whether there is no record of the task: a record names the
// pod.
func (t *task) isStranger() bool { return t.PodUID == "" }

// killDue has the Kill of a task sent, except while there is no master:
// Subscribed starts over.
func (s *State) killDue(t *task) {
	switch {
	case !s.connected:
	case !t.isStranger():
		s.sendKill(t, firstAsk, mostAsk)
	default:
		if !t.queued {
			t.queued = true
			s.killer.waiting = append(s.killer.waiting, t)
		}
		s.killStrangers()
	}
}

// killStrangers sends as many Kills as may be sent now.
func (s *State) killStrangers() {
	k := &s.killer
	if !s.connected {
		return
	}
	if s.now.Sub(k.began) >= time.Second {
		k.began, k.sent = s.now, 0
	}
	for len(k.waiting) > 0 && k.sent < strangersPerSecond {
		t := k.waiting[0]
		k.waiting[0] = nil
		k.waiting = k.waiting[1:]
		t.queued = false
		if s.tasks[t.ID] != t {
			continue // it has ended meanwhile
		}
		k.sent++
		s.sendKill(t, firstStrangerAsk, mostStrangerAsk)
	}
	if len(k.waiting) > 0 {
		s.alarms.set(&k.alarm, k.began.Add(time.Second))
	}
}

// sendKill sends a Kill, to be repeated ever more slowly until it is answered.
func (s *State) sendKill(t *task, first, most time.Duration) {
	t.spare, t.away = false, false
	k := Kill{Task: t.ID, Agent: t.Agent}
	if s.pods[t.PodUID] != nil {
		t.Killed = true
		k.Record = new(t.Task)
	}
	s.call(k)
	s.alarms.set(&t.alarm, s.now.Add(backoff(t.tries, first, most)))
	t.tries++
}
