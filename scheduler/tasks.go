package scheduler

import (
	"maps"
	"slices"
)

// tasks holds the tasks that live, or whose end is not settled, and the names of
// those that ended lately.
type tasks struct {
	clock   *clock
	session *session
	changes *changes
	fleet   *fleet
	podOf   func(uid string) *pod
	due     func(*task) // rings when the alarm of a task does

	byID  map[string]*task
	ended recentlyEnded
}

// get returns the task of an id, nil when it is not known.
func (x *tasks) get(id string) *task { return x.byID[id] }

// add adds a task, and notes what it uses on its agent.
func (x *tasks) add(in Task) *task {
	t := &task{Task: in, since: x.clock.now}
	t.alarm.ring = func() { x.due(t) }
	x.byID[t.ID] = t
	x.fleet.book(t)
	return t
}

// drop removes a task that is over. Its record is kept while its pod may need
// another attempt, so that no attempt's number is used twice, even when this
// process ends before the next is stored.
func (x *tasks) drop(t *task) {
	x.fleet.unbook(t)
	x.clock.stop(&t.alarm)
	delete(x.byID, t.ID)
	x.ended.add(t.ID)
	if p := t.supersededBy; p != nil {
		p.superseded--
		if p.state == ready {
			x.changes.mayFit()
		}
	}
	p := x.podOf(t.PodUID)
	if p != nil && (p.waits() || p.mayBeAssigned() || p.task != nil && p.task != t && p.task.state == launching) {
		p.old = append(p.old, t.ID)
		return
	}
	x.session.call(Forget{Task: t.ID})
}

// isKnown reports whether a task has not been dropped.
func (x *tasks) isKnown(t *task) bool { return x.byID[t.ID] == t }

// sorted returns the tasks by id; it is slow, for rare use.
func (x *tasks) sorted() []*task {
	all := make([]*task, 0, len(x.byID))
	for _, id := range slices.Sorted(maps.Keys(x.byID)) {
		all = append(all, x.byID[id])
	}
	return all
}

// counts returns the number of tasks in each state.
func (x *tasks) counts() map[string]int {
	n := map[string]int{}
	for _, state := range taskStates {
		n[state] = 0
	}
	for _, t := range x.sorted() {
		n[t.state.String()]++
	}
	return n
}

// recentlyEnded remembers the tasks that ended lately, so a late update is not
// taken for one of a stranger.
type recentlyEnded struct {
	seen map[string]bool
	ring []string
	next int
}

const endedKept = 4096

func (e *recentlyEnded) add(id string) {
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	if len(e.ring) < endedKept {
		e.ring = append(e.ring, id)
	} else {
		delete(e.seen, e.ring[e.next])
		e.ring[e.next] = id
		e.next = (e.next + 1) % endedKept
	}
	e.seen[id] = true
}

func (e *recentlyEnded) has(id string) bool { return e.seen[id] }
