package scheduler

import "time"

// Times of reconciliation.
const (
	firstAsk    = 5 * time.Second // an unanswered question is repeated, ever more slowly
	mostAsk     = time.Minute
	slowAsk     = time.Minute      // for what may well take longer
	hintAsk     = 10 * time.Second // after a hint that something has happened
	everyRound  = 15 * time.Minute
	tasksPerAsk = 1000 // about 100 kB
)

// reconciler asks Mesos what became of tasks. It decides when to ask and never
// what follows from the answer.
type reconciler struct {
	clock   *clock
	session *session
	tasks   *tasks

	asking []*task // in this Step
	round  alarm   // next reconciliation of everything; rings at askForAll
}

// ask has a task asked for in this Step.
func (r *reconciler) ask(t *task) { r.asking = append(r.asking, t) }

// askLater has a task asked for after a while, unless it is heard of before.
func (r *reconciler) askLater(t *task, after time.Duration) {
	t.tries = 0
	r.clock.after(after, &t.alarm)
}

// askAbout asks for the tasks on an agent after a while: events about agents and
// executors are hints, sent once, while the tasks' own updates are repeated.
func (r *reconciler) askAbout(a *agent, after time.Duration) {
	for _, t := range a.tasks {
		if t.isAsked() {
			r.askLater(t, after)
		}
	}
}

// heard stops asking for a task.
func (r *reconciler) heard(t *task) {
	t.tries = 0
	r.clock.stop(&t.alarm)
}

// askForAll makes the periodic round, which needs no cause.
func (r *reconciler) askForAll() {
	for _, t := range r.tasks.sorted() {
		if t.isAsked() && !t.alarm.isSet() {
			r.ask(t)
		}
	}
	r.beginRound()
}

// beginRound asks for everything now, and again after everyRound.
func (r *reconciler) beginRound() {
	r.flush()
	r.askForStrangers()
	r.clock.after(everyRound, &r.round)
}

// stop ends the rounds, as there is no connection.
func (r *reconciler) stop() { r.clock.stop(&r.round) }

// askForStrangers asks for all tasks that the master knows, including those
// that we do not. It is of no use before all stored ones are known.
func (r *reconciler) askForStrangers() {
	if r.session.ready() {
		r.session.call(Reconcile{})
	}
}

// flush sends the questions of this Step. Each is repeated until it is answered: a
// master does not answer for agents that are not back after its failover.
func (r *reconciler) flush() {
	asking := r.asking
	r.asking = nil
	if !r.session.connected {
		return // Subscribed asks for all
	}
	var batch []Task
	for _, t := range asking {
		if !t.isAsked() || !r.tasks.isKnown(t) {
			continue // it has been heard of meanwhile
		}
		r.clock.after(backoff(t.tries, firstAsk, mostAsk), &t.alarm)
		t.tries++
		if batch = append(batch, t.Task); len(batch) == tasksPerAsk {
			r.session.call(Reconcile{Tasks: batch})
			batch = nil
		}
	}
	if len(batch) > 0 {
		r.session.call(Reconcile{Tasks: batch})
	}
}
