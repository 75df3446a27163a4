package scheduler

// restored takes over the tasks of an earlier life. Each counts as alive until
// Mesos has reported what became of it, so its pod is not launched again.
func (s *State) restored(tasks []Task) {
	for _, in := range tasks {
		if s.tasks[in.ID] == nil {
			t := s.newTask(in)
			t.since = s.now
			s.stored[in.PodUID] = append(s.stored[in.PodUID], t)
		}
	}
}

// adopt gives a pod back its task of an earlier life: that of the latest attempt,
// unless it was killed. The attempts before it failed; any that still lives must
// end.
func (s *State) adopt(p *pod, node string) {
	var latest *task
	for _, t := range s.stored[p.UID] {
		if latest == nil || t.Attempt > latest.Attempt {
			latest, t = t, latest
		}
		if t != nil {
			s.kill(t, 0)
		}
	}
	delete(s.stored, p.UID)
	if latest == nil {
		return
	}
	p.attempt = latest.Attempt
	if latest.Killed {
		s.kill(latest, 0)
		return
	}
	p.task, latest.pod = latest, p
	p.state = placed
	if node == "" {
		s.tell(p, "waiting for Mesos to tell what became of task "+latest.ID+", launched before the framework was started again")
	}
}

// seenBound records where a pod that has a task is bound. Our own bindings are
// learned from Bound, except for those of an earlier life.
func (s *State) seenBound(p *pod, node string) {
	t := p.task
	if node == "" || t.state != launching || t.bound {
		return
	}
	if node == t.Node {
		t.state = running
		return
	}
	p.task, p.state = nil, leftAlone
	s.kill(t, 0)
	s.forgetOld(p)
}

// podsListed: from now on a stored task without a pod is one whose pod has
// finished or gone while no framework ran.
func (s *State) podsListed() {
	if s.listed {
		return
	}
	s.listed, s.stored = true, nil
	for _, t := range s.sortedTasks() {
		if t.pod == nil && t.state == launching {
			s.kill(t, removeGrace)
		}
	}
	for _, a := range s.known {
		if len(a.held) > 0 {
			s.refresh(a)
		}
	}
	s.askForStrangers()
	s.teller.stir(s)
}
