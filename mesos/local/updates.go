package local

import (
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// updates is the stream of statuses of one task id at its agent. Only the first is
// forwarded, repeatedly until the scheduler acknowledges it; then the next. It
// outlives its task, as an executor may go on reporting after the end.
type updates struct {
	key     updatesKey
	number  int // in order of creation
	agent   *agent
	task    *task // nil if that id was never launched, or after its end
	pending []*mesospb.TaskStatus
	seen    map[string]bool // uuids
	retry   *timer
	wait    time.Duration
}

type updatesKey struct{ framework, task string }

// longestRetry limits the doubling of the time between retries.
const longestRetry = 10 * time.Minute

// keep stores a status that has a uuid and forwards it when it is its turn. A status
// stored before changes nothing.
func (a *agent) keep(f *framework, status *mesospb.TaskStatus) {
	key := updatesKey{f.id, status.TaskId.GetValue()}
	u := a.updates[key]
	if u == nil {
		a.numbered++
		u = &updates{key: key, number: a.numbered, agent: a, seen: map[string]bool{}}
		a.updates[key] = u
	}
	if t := f.tasks[key.task]; t != nil && t.agent == a {
		u.task = t
	}
	if u.seen[string(status.Uuid)] {
		return
	}
	u.seen[string(status.Uuid)] = true
	a.blameDrain(f, status)
	u.pending = append(u.pending, status)
	if t := u.task; t != nil && !terminal(t.latest) {
		t.latest = status.GetState()
	}
	if len(u.pending) == 1 {
		a.forward(u)
	}
}

// own makes one of the agent's own statuses, which is kept like any other.
func (a *agent) own(t *task, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	id := uuid.New()
	a.keep(t.framework, &mesospb.TaskStatus{
		TaskId: t.info.TaskId, State: &s, Message: &text, Reason: &reason,
		Source: mesospb.TaskStatus_SOURCE_AGENT.Enum(), Uuid: id[:], Timestamp: now(),
		AgentId: a.agentID(), ExecutorId: t.executor.info.ExecutorId,
	})
}

// forward sends the first status to the master and retries later.
func (a *agent) forward(u *updates) {
	u.retry.stop()
	if len(u.pending) == 0 || !a.heard() {
		return
	}
	a.m.receive(u)
	u.wait = min(max(2*u.wait, a.m.cfg.UpdateRetry), longestRetry)
	u.retry = a.m.after(u.wait, func() { a.forward(u) })
}

// receive is the master's part: from each status it also learns the task's latest
// state, and frees its resources if that is terminal.
func (m *master) receive(u *updates) {
	status := u.pending[0]
	if t := u.task; t != nil {
		if !terminal(t.state) {
			t.state, t.last = status.GetState(), status
		}
		if n := len(t.history); n == 0 || t.history[n-1] != status {
			t.history = append(t.history, status)
		}
		if terminal(t.latest) {
			t.free()
		}
	}
	if f := m.frameworks[u.key.framework]; f != nil {
		m.update(f, status)
	}
}

// update sends a status to the scheduler.
func (m *master) update(f *framework, status *mesospb.TaskStatus) {
	e := &mesospb.SchedulerEvent{
		Type:   mesospb.SchedulerEvent_UPDATE.Enum(),
		Update: &mesospb.SchedulerEvent_Update{Status: status},
	}
	if len(status.Uuid) > 0 && m.dice.happens(m.cfg.Faults.SwallowUpdates) {
		return
	}
	f.send(m, e)
	if len(status.Uuid) > 0 && m.dice.happens(m.cfg.Faults.DuplicateUpdates) {
		f.send(m, e)
	}
}

// resendUpdates sends a new subscriber the unacknowledged statuses.
func (m *master) resendUpdates(f *framework) {
	for _, a := range m.agents {
		for _, u := range a.updatesInOrder(f) {
			u.wait = 0
			a.forward(u)
		}
	}
}

// complete fills in what an executor may leave out.
func (a *agent) complete(ex *executor, s *mesospb.TaskStatus) *mesospb.TaskStatus {
	s = proto.Clone(s).(*mesospb.TaskStatus)
	s.AgentId = a.agentID()
	if s.Timestamp == nil {
		s.Timestamp = now()
	}
	if s.ContainerStatus == nil {
		s.ContainerStatus = &mesospb.ContainerStatus{}
	}
	if s.ContainerStatus.ContainerId == nil && !a.m.cfg.old() {
		s.ContainerStatus.ContainerId = &mesospb.ContainerID{Value: &ex.container}
	}
	if ex.process != nil && s.ContainerStatus.ExecutorPid == nil {
		s.ContainerStatus.ExecutorPid = proto.Uint32(uint32(ex.process.pid))
	}
	if len(s.ContainerStatus.NetworkInfos) == 0 {
		s.ContainerStatus.NetworkInfos = []*mesospb.NetworkInfo{{IpAddresses: []*mesospb.NetworkInfo_IPAddress{{
			Protocol: mesospb.NetworkInfo_IPv4.Enum(), IpAddress: proto.String(a.ip)}}}}
	}
	return s
}
