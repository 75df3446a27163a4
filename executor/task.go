package executor

import (
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A task is a pod that Mesos has given to this executor.
type task struct {
	id  string
	ref Ref

	amount Amount // what it holds of the agent; zero: unknown

	bound    bool           // the API server has shown the pod bound to this node
	started  bool           // the last STARTING named nothing that the node waits for
	killing  bool           // it is to end, by KILL or by deletion of the pod
	removing bool           // the API server is being asked to delete the pod
	grace    *time.Duration // grace period for that deletion; nil: the pod's own
	running  *shown         // the contents of the last RUNNING; nil: none was sent
	end      *ending        // how it ended; reported once no container runs
}

// shown is what a status RUNNING contains in addition to the state.
type shown struct {
	Healthy bool   `json:"healthy"`
	IP      string `json:"ip"`
}

// ending is the terminal status of a task.
type ending struct {
	state   mesospb.TaskState
	reason  *mesospb.TaskStatus_Reason
	message string
}

// status returns a status of task id. The connection fills in the agent id and
// whatever else Mesos requires.
func status(id string, state mesospb.TaskState, message string) *mesospb.TaskStatus {
	return &mesospb.TaskStatus{
		TaskId:  &mesospb.TaskID{Value: &id},
		State:   &state,
		Message: &message,
	}
}

// holds tells the node what the task holds, if that is known.
func (t *task) holds() []effect {
	if t.amount == (Amount{}) {
		return nil
	}
	return []effect{hold{t.ref.UID, t.amount}}
}

// holdsNothing tells the node that the task is over.
func (t *task) holdsNothing() []effect {
	if t.amount == (Amount{}) {
		return nil
	}
	return []effect{hold{uid: t.ref.UID}}
}

// starting reports that the task was accepted, and what the node waits for, if anything.
func (t *task) starting(waits string) effect {
	t.started = waits == ""
	if waits == "" {
		return update{status(t.id, mesospb.TaskState_TASK_STARTING, fmt.Sprintf("pod %s: waiting to be bound to this node", t.ref))}
	}
	st := status(t.id, mesospb.TaskState_TASK_STARTING, fmt.Sprintf("pod %s: this node cannot run it yet: %s", t.ref, waits))
	key := taskdata.WaitsLabel
	st.Labels = &mesospb.Labels{Labels: []*mesospb.Label{{Key: &key, Value: &waits}}}
	return update{st}
}

func (t *task) runs(s shown) effect {
	message := fmt.Sprintf("pod %s runs and is ready", t.ref)
	if !s.Healthy {
		message = fmt.Sprintf("pod %s runs and is not ready", t.ref)
	}
	st := status(t.id, mesospb.TaskState_TASK_RUNNING, message)
	st.Healthy = &s.Healthy
	if s.IP != "" {
		st.ContainerStatus = &mesospb.ContainerStatus{NetworkInfos: []*mesospb.NetworkInfo{{
			IpAddresses: []*mesospb.NetworkInfo_IPAddress{{IpAddress: &s.IP}},
		}}}
	}
	return update{st}
}

func (t *task) ended(e ending) effect {
	st := status(t.id, e.state, e.message)
	st.Reason = e.reason
	return update{st}
}
