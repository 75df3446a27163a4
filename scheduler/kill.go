package scheduler

import "time"

// kill ends a task, at once or, when its executor is about to end it by itself,
// after a while. It is repeated until Mesos reports the end: a Kill can get
// lost, and one for an unreachable task is not kept by the master.
func (s *State) kill(t *task, after time.Duration) {
	if p := s.pods[t.PodUID]; p != nil && t.ghostOf == nil {
		t.ghostOf = p
		p.ghosts++
	}
	t.pod, t.state, t.tries, t.spare = nil, killing, 0, after == removeGrace
	s.alarms.set(&t.alarm, s.now.Add(after))
	if after == 0 {
		s.alarms.stop(&t.alarm)
		s.taskDue(t)
	}
}

// orphan handles the removal of the task's pod.
func (s *State) orphan(t *task) {
	switch t.state {
	case launching:
		s.kill(t, 0)
	case running:
		// The pod is finished, or the kubelet has deleted it: the executor will
		// report that itself. A Kill now could take a finished pod for one that
		// must go.
		s.kill(t, removeGrace)
	case isEnded:
		s.proved(t.Agent) // the kubelet has reported the pod's end
		t.pod = nil
		s.drop(t)
	default: // the outcome of Bind or Fail decides
		t.pod = nil
	}
}

// killingUpdated waits for the end. A task whose agent was unreachable at some
// time since the last Kill is killed again as soon as it is back; otherwise a live
// task is no news, as a Kill is on its way.
func (s *State) killingUpdated(t *task, u Update, m meaning) {
	s.acknowledge(u)
	switch m {
	case ended, interrupted, vanished:
		s.drop(t)
	case doubtful:
		t.away = true
		if s.doubted(t) {
			s.drop(t)
		}
	case paused:
		t.away = true
	case started:
		if !t.spare && !t.queued && (t.away || t.tries == 0) {
			s.kill(t, 0)
		}
	}
}

// strangerUpdated deals with a task that the core does not know. Once the
// stored tasks are restored, it can only be one whose record was lost.
func (s *State) strangerUpdated(u Update) {
	if !s.listed {
		return // it will come again
	}
	s.acknowledge(u)
	switch m := mean(u); {
	case m != staged && m != started:
		return // nothing lives, or it will be told when it is back
	case s.over.seen[u.Task] && u.UUID != "":
		return // late: the agent sends in order, so this is from before the end
	}
	s.kill(s.newTask(Task{ID: u.Task, Agent: u.Agent}), 0)
	s.roomGrew(s.agents[u.Agent]) // it has an executor, which no pod has to pay for
}
