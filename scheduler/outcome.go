package scheduler

func (s *State) launchFailed(e LaunchFailed) {
	for _, in := range e.Tasks {
		t := s.tasks[in.ID]
		if t == nil {
			continue
		}
		if p := t.pod; p != nil && t.state == launching {
			s.requeue(p, "the launch could not be stored: "+e.Err.Error(), false)
		}
		s.drop(t)
	}
}

// bound handles the outcome of a Bind.
func (s *State) bound(e Bound) {
	t := s.tasks[e.Task]
	if t == nil || t.state != binding {
		return
	}
	s.acknowledgeNow(t)
	switch {
	case e.Err != nil:
		s.notBound(t, "it cannot be bound to node "+t.Node+": "+e.Err.Error(), e.Denied)
	case t.pod == nil:
		s.endOr(t, func() { s.kill(t, removeGrace) })
	default:
		t.pod.failures, t.pod.trouble = 0, ""
		t.pod.node, t.state = t.Node, running
		s.heard(t)
		if u := t.last; u != nil {
			t.last = nil
			s.runningUpdated(t, *u, mean(*u))
		}
	}
}

// notBound ends a task whose pod was not bound. A pod that was denied goes back to
// the queue, unless another client has bound it meanwhile: a quota or a webhook
// may allow it later, or on another node.
func (s *State) notBound(t *task, why string, denied bool) {
	p := t.pod
	switch {
	case p == nil:
		s.endOr(t, func() { s.kill(t, 0) })
	case !denied || p.node != "":
		p.task, p.state = nil, leftAlone
		s.tell(p, why)
		s.endOr(t, func() { s.kill(t, 0) })
	case t.hasEnded():
		s.requeue(p, why, false)
		s.endOr(t, nil)
	default: // the pod keeps off that agent until the task has ended
		s.kill(t, 0)
		s.requeue(p, why, false)
	}
}

// endOr drops a task that has ended while its Bind was under way, or else calls
// otherwise.
func (s *State) endOr(t *task, otherwise func()) {
	if t.hasEnded() {
		t.pod = nil
		s.acknowledge(*t.last)
		s.drop(t)
		return
	}
	otherwise()
}

// failed handles the outcome of a Fail: the pod's end is stored.
func (s *State) failed(uid string) {
	t := s.dying[uid]
	if t == nil {
		return
	}
	delete(s.dying, uid)
	s.acknowledgeNow(t)
	if t.pod != nil {
		t.pod.task, t.pod.state = nil, leftAlone
	}
	if t.back {
		s.kill(t, 0)
		return
	}
	s.drop(t)
}
