package local

import (
	"github.com/gogo/protobuf/proto"
	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/statusupdates"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// statuses are those that an agent keeps until the scheduler has acknowledged them.
type statuses struct {
	agent *agent
	*statusupdates.Manager[task]
}

func newStatuses(a *agent) *statuses {
	ss := &statuses{agent: a}
	ss.Manager = statusupdates.New(a.master.loop, a.master.cfg.UpdateRetry, a.link.heard, ss.report)
	return ss
}

// keep stores a status that has a uuid and reports it when it is its turn. A status
// stored before changes nothing.
func (ss *statuses) keep(f *framework, status *mesospb.TaskStatus) {
	key := statusupdates.Key{Framework: f.id, Task: status.TaskId.GetValue()}
	t := f.tasks.byID[key.Task]
	if t != nil && t.agent != ss.agent {
		t = nil
	}
	s := ss.Stream(key, t)
	ss.agent.maintenance.blame(f, status)
	if !s.Add(status) {
		return
	}
	if t := s.Task; t != nil && !terminal(t.latest) {
		t.latest = status.GetState()
	}
	ss.Push(s)
}

// own makes one of the agent's own statuses, which is kept like any other.
func (ss *statuses) own(t *task, s mesospb.TaskState, reason mesospb.TaskStatus_Reason, text string) {
	id := uuid.New()
	ss.keep(t.framework, &mesospb.TaskStatus{
		TaskId: t.info.TaskId, State: &s, Message: &text, Reason: &reason,
		Source: mesospb.TaskStatus_SOURCE_AGENT.Enum(), Uuid: id[:], Timestamp: now(),
		AgentId: ss.agent.agentID(), ExecutorId: t.executor.info.ExecutorId,
	})
}

// report sends the first status of a stream to the master. From each status the master
// also learns the task's latest state, and frees its resources if that is terminal.
func (ss *statuses) report(s *statusupdates.Stream[task]) {
	status := s.First()
	if t := s.Task; t != nil {
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
	if f := ss.agent.master.frameworks.byID[s.Framework]; f != nil {
		f.update(status)
	}
}

// acknowledge continues with the next status, if the call refers to the first.
func (ss *statuses) acknowledge(f *framework, call *mesospb.SchedulerCall_Acknowledge) {
	removed := false
	ss.Acknowledge(statusupdates.Key{Framework: f.id, Task: call.TaskId.GetValue()}, call.Uuid,
		func(t *task, acknowledged *mesospb.TaskStatus) (ended bool) {
			if ended = terminal(acknowledged.GetState()); ended {
				t.remove()
				removed = true
			}
			return ended
		})
	if removed {
		ss.agent.maintenance.checkDrained()
	}
}

// complete fills in what an executor may leave out.
func (ss *statuses) complete(ex *executor, s *mesospb.TaskStatus) *mesospb.TaskStatus {
	s = proto.Clone(s).(*mesospb.TaskStatus)
	s.AgentId = ss.agent.agentID()
	if s.Timestamp == nil {
		s.Timestamp = now()
	}
	if s.ContainerStatus == nil {
		s.ContainerStatus = &mesospb.ContainerStatus{}
	}
	if s.ContainerStatus.ContainerId == nil && !ss.agent.master.cfg.old() {
		s.ContainerStatus.ContainerId = &mesospb.ContainerID{Value: &ex.container}
	}
	if ex.process != nil && s.ContainerStatus.ExecutorPid == nil {
		s.ContainerStatus.ExecutorPid = proto.Uint32(uint32(ex.process.PID()))
	}
	if len(s.ContainerStatus.NetworkInfos) == 0 {
		s.ContainerStatus.NetworkInfos = []*mesospb.NetworkInfo{{IpAddresses: []*mesospb.NetworkInfo_IPAddress{{
			Protocol: mesospb.NetworkInfo_IPv4.Enum(), IpAddress: &ss.agent.ip}}}}
	}
	return s
}

// resendUpdates sends a new subscriber the unacknowledged statuses.
func (m *master) resendUpdates(f *framework) {
	for _, a := range m.agents.all {
		a.statuses.Resend(f.id)
		a.reservations.reportAll(outcomeOf(f))
	}
}
