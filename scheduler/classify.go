package scheduler

import (
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// updateKind is what a status update says, once its state, source and reason are
// taken together.
type updateKind int

const (
	// unclear: a state that no release of Mesos up to 1.11 knows. Whether the
	// task lives must be asked.
	unclear updateKind = iota
	// staged: the master or agent has the task; the executor has not reported it, or
	// its node cannot run the pod yet.
	staged
	// started: the executor has the task.
	started
	// paused: the agent cannot be reached. The task may live on and come back.
	paused
	// unrecorded: the master has no record of the task or of its agent. After a
	// failover of a master this passes when the agent registers again.
	unrecorded
	// ended: the executor says that the task is over; the kubelet there has
	// written the pod's end, or the pod is gone.
	ended
	// interrupted: the task is over, or never was, without a report of its executor,
	// and its agent lives: another executor there can go on with the pod.
	interrupted
	// vanished: the task is over, and so is its agent.
	vanished
)

// isEnd reports whether nothing follows.
func (k updateKind) isEnd() bool { return k == ended || k == interrupted || k == vanished }

// classify reads an update. The rows follow Mesos' docs/task-state-reasons.md and
// high-availability-framework-guide.md ("Dealing with Partitioned or Failed
// Agents"), and what masters and agents of 1.0.4 and 1.11.0 were seen to send.
func classify(u Update) updateKind {
	switch u.State {
	case mesospb.TaskState_TASK_STAGING:
		return staged
	case mesospb.TaskState_TASK_STARTING:
		if u.Waits {
			return staged
		}
		return started
	case mesospb.TaskState_TASK_RUNNING, mesospb.TaskState_TASK_KILLING:
		return started
	case mesospb.TaskState_TASK_UNREACHABLE:
		return paused
	case mesospb.TaskState_TASK_UNKNOWN:
		return unrecorded
	case mesospb.TaskState_TASK_LOST:
		// Masters without PARTITION_AWARE (before 1.1) answer so for every task
		// they have no record of, that of an agent not yet back included.
		switch {
		case isAnswer(u):
			return unrecorded
		case u.Source == mesospb.TaskStatus_SOURCE_AGENT, costless(u):
			return interrupted
		}
		return vanished
	case mesospb.TaskState_TASK_FINISHED, mesospb.TaskState_TASK_FAILED, mesospb.TaskState_TASK_KILLED:
		// The agent ends tasks in the same states when the executor has died
		// or never came (REASON_EXECUTOR_TERMINATED, _CONTAINER_LAUNCH_FAILED,
		// _TASK_KILLED_DURING_LAUNCH …): then no kubelet has said anything. An
		// answer to a reconciliation repeats what the executor reported.
		switch {
		case u.Source == mesospb.TaskStatus_SOURCE_EXECUTOR, isAnswer(u):
			return ended
		case u.Source == mesospb.TaskStatus_SOURCE_AGENT:
			return interrupted
		}
		return vanished
	case mesospb.TaskState_TASK_ERROR, mesospb.TaskState_TASK_DROPPED:
		return interrupted
	case mesospb.TaskState_TASK_GONE:
		// A master that is asked says so of a task that a registered agent
		// does not know; by itself, of the tasks of an agent that has gone.
		if isAnswer(u) {
			return interrupted
		}
		return vanished
	case mesospb.TaskState_TASK_GONE_BY_OPERATOR:
		return vanished
	}
	return unclear
}

// endsExecutor reports whether the agent ended a task because its executor has ended.
func (u Update) endsExecutor() bool {
	return u.Source == mesospb.TaskStatus_SOURCE_AGENT && classify(u) == interrupted && u.State != mesospb.TaskState_TASK_DROPPED &&
		!u.reasonIs(mesospb.TaskStatus_REASON_TASK_KILLED_DURING_LAUNCH)
}

// provesAgent reports whether an update shows that the node there runs pods.
func (u Update) provesAgent() bool {
	return u.State == mesospb.TaskState_TASK_RUNNING || u.State == mesospb.TaskState_TASK_KILLING
}

// blamesAgent reports whether a task that has not run ended by a fault of its
// agent: the executor could not be fetched, started or heard of, or it says that
// its node cannot run pods.
func (u Update) blamesAgent() bool {
	switch u.Source {
	case mesospb.TaskStatus_SOURCE_AGENT:
		return !u.reasonIs(mesospb.TaskStatus_REASON_AGENT_DRAINING)
	case mesospb.TaskStatus_SOURCE_EXECUTOR:
		return u.State == mesospb.TaskState_TASK_FAILED && !u.reasonIs(mesospb.TaskStatus_REASON_TASK_INVALID)
	}
	return false
}

func (u Update) reasonIs(r mesospb.TaskStatus_Reason) bool { return u.Reason != nil && *u.Reason == r }

// isAnswer reports whether an update answers a reconciliation, or a Kill of a
// task that the master does not know.
func isAnswer(u Update) bool {
	return u.reasonIs(mesospb.TaskStatus_REASON_RECONCILIATION)
}

// costless reports whether an attempt failed through a race that says nothing
// about the pod: its offers were taken back meanwhile, or the executor ended
// just then, as idle ones do.
func costless(u Update) bool {
	return u.reasonIs(mesospb.TaskStatus_REASON_INVALID_OFFERS) || u.reasonIs(mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED)
}

// describe returns an update as a user should read it.
func describe(u Update) string {
	var b strings.Builder
	b.WriteString(u.State.String())
	if u.Reason != nil {
		b.WriteString(" (")
		b.WriteString(u.Reason.String())
		b.WriteString(")")
	}
	if u.Message != "" {
		b.WriteString(": ")
		b.WriteString(u.Message)
	}
	return b.String()
}
