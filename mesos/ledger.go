package mesos

import (
	"bytes"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// resendAfter is how long an update may stay unacknowledged before it is sent again
// on the same subscription; agents wait equally long for the master.
const resendAfter = 10 * time.Second

// A ledger holds the updates that the agent has not acknowledged, and the tasks without
// an acknowledged update. A restarted agent considers a task that
// is in neither dropped. It is pure: callers pass the time.
type ledger struct {
	tasks   []*mesospb.TaskInfo
	updates []entry // oldest first
}

type entry struct {
	status *mesospb.TaskStatus
	sent   time.Time // last time in this subscription; zero if not yet
}

// launched notes a task that has come from the agent.
func (l *ledger) launched(tasks ...*mesospb.TaskInfo) {
	l.tasks = append(l.tasks, tasks...)
}

// add notes an update to be sent.
func (l *ledger) add(status *mesospb.TaskStatus) {
	l.updates = append(l.updates, entry{status: status})
}

// acknowledged removes an update that the agent has stored, and its task.
func (l *ledger) acknowledged(task string, uuid []byte) {
	i := l.index(uuid)
	if i < 0 || l.updates[i].status.GetTaskId().GetValue() != task {
		return // acknowledged before
	}
	l.updates = slices.Delete(l.updates, i, i+1)
	l.tasks = slices.DeleteFunc(l.tasks, func(t *mesospb.TaskInfo) bool { return t.GetTaskId().GetValue() == task })
}

// subscribe returns the content of SUBSCRIBE, which sends all updates.
func (l *ledger) subscribe(now time.Time) *mesospb.ExecutorCall_Subscribe {
	for i := range l.updates {
		l.updates[i].sent = now
	}
	return l.unacknowledged()
}

// unacknowledged returns everything in the ledger.
func (l *ledger) unacknowledged() *mesospb.ExecutorCall_Subscribe {
	s := &mesospb.ExecutorCall_Subscribe{UnacknowledgedTasks: slices.Clone(l.tasks)}
	for i := range l.updates {
		s.UnacknowledgedUpdates = append(s.UnacknowledgedUpdates, &mesospb.ExecutorCall_Update{Status: l.updates[i].status})
	}
	return s
}

// next returns the update to send now, or how long until there is one; a negative
// duration means not before something changes. A task's next update waits for the
// acknowledgement of the previous one, so the agent sees them in order even if one
// is lost.
func (l *ledger) next(now time.Time) (*mesospb.TaskStatus, time.Duration) {
	wait := time.Duration(-1)
	seen := make(map[string]bool, len(l.updates))
	for _, e := range l.updates {
		task := e.status.GetTaskId().GetValue()
		if seen[task] {
			continue
		}
		seen[task] = true
		due := e.sent.Add(resendAfter).Sub(now)
		if e.sent.IsZero() || due <= 0 {
			return e.status, 0
		}
		if wait < 0 || due < wait {
			wait = due
		}
	}
	return nil, wait
}

// sent notes that an update was sent to the agent, which may have acknowledged it
// already.
func (l *ledger) sent(uuid []byte, now time.Time) {
	if i := l.index(uuid); i >= 0 {
		l.updates[i].sent = now
	}
}

func (l *ledger) index(uuid []byte) int {
	return slices.IndexFunc(l.updates, func(e entry) bool { return bytes.Equal(e.status.GetUuid(), uuid) })
}
