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

// killer ends the tasks in state killing, on which no pod depends. It sends the
// Kills of tasks on record at once, and those of strangers in the order in which
// they were met, strangersPerSecond at most.
type killer struct {
	clock   *clock
	session *session
	tasks   *tasks
	fleet   *fleet
	podOf   func(uid string) *pod

	waiting []*task // strangers whose Kill is to be sent
	began   time.Time
	sent    int   // since began
	alarm   alarm // rings at sendWaiting
}

// kill ends a task, at once or, when its executor is about to end it by itself,
// after a while. It is repeated until Mesos reports the end: a Kill can get
// lost, and one for an unreachable task is not kept by the master.
func (k *killer) kill(t *task, after time.Duration) {
	if p := k.podOf(t.PodUID); p != nil && t.supersededBy == nil {
		t.supersededBy = p
		p.superseded++
	}
	t.pod, t.state, t.tries, t.awaitExecutor = nil, killing, 0, after == removeGrace
	if after > 0 {
		k.clock.after(after, &t.alarm)
		return
	}
	k.clock.stop(&t.alarm)
	k.due(t)
}

// resume goes on with a task at the start of a connection. What was never sent
// waits a little longer: updates that waited for us come first.
func (k *killer) resume(t *task) {
	if t.tries > 0 {
		k.kill(t, 0)
		return
	}
	t.awaitExecutor = true
	k.clock.after(removeGrace, &t.alarm)
}

// updated waits for the end. A task whose agent was unreachable at some time since
// the last Kill is killed again as soon as it is back; otherwise a live task is no
// news, as a Kill is on its way.
func (k *killer) updated(t *task, u Update, kind updateKind) {
	k.session.acknowledge(u)
	switch kind {
	case ended, interrupted, vanished:
		k.tasks.drop(t)
	case unrecorded:
		t.unreachable = true
		if t.unknownTooLong(k.clock.now) {
			k.tasks.drop(t)
		}
	case paused:
		t.unreachable = true
	case started:
		if !t.awaitExecutor && !t.queued && (t.unreachable || t.tries == 0) {
			k.kill(t, 0)
		}
	}
}

// strangerUpdated deals with a task that the core does not know. Once everything
// that existed at start is known, it can only be one whose record was lost.
func (k *killer) strangerUpdated(u Update) {
	k.session.acknowledge(u)
	switch kind := classify(u); {
	case kind != staged && kind != started:
		return // nothing lives, or it will be told when it is back
	case k.tasks.ended.has(u.Task) && u.UUID != "":
		return // late: the agent sends in order, so this is from before the end
	}
	k.kill(k.tasks.add(Task{ID: u.Task, Agent: u.Agent}), 0)
	k.fleet.roomGrew(u.Agent) // it has an executor, which no pod has to pay for
}

// due has the Kill of a task sent, except while there is no master: resume starts
// over.
func (k *killer) due(t *task) {
	switch {
	case !k.session.connected:
	case !t.isStranger():
		k.send(t, firstAsk, mostAsk)
	default:
		if !t.queued {
			t.queued = true
			k.waiting = append(k.waiting, t)
		}
		k.sendWaiting()
	}
}

// sendWaiting sends as many Kills of strangers as may be sent now.
func (k *killer) sendWaiting() {
	if !k.session.connected {
		return
	}
	if k.clock.since(k.began) >= time.Second {
		k.began, k.sent = k.clock.now, 0
	}
	for len(k.waiting) > 0 && k.sent < strangersPerSecond {
		t := k.waiting[0]
		k.waiting[0] = nil
		k.waiting = k.waiting[1:]
		t.queued = false
		if !k.tasks.isKnown(t) {
			continue // it has ended meanwhile
		}
		k.sent++
		k.send(t, firstStrangerAsk, mostStrangerAsk)
	}
	if len(k.waiting) > 0 {
		k.clock.set(&k.alarm, k.began.Add(time.Second))
	}
}

// send sends a Kill, to be repeated ever more slowly until it is answered.
func (k *killer) send(t *task, first, most time.Duration) {
	t.awaitExecutor, t.unreachable = false, false
	call := Kill{Task: t.ID, Agent: t.Agent}
	if k.podOf(t.PodUID) != nil {
		t.Killed = true
		call.Record = new(t.Task)
	}
	k.session.call(call)
	k.clock.after(backoff(t.tries, first, most), &t.alarm)
	t.tries++
}
