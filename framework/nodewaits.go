package framework

import (
	"fmt"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
)

// tellNodeWait writes an event of a pod whose node cannot run it yet, once for
// each reason: Mesos repeats updates, and executors repeat reasons.
func (l *loop) tellNodeWait(s *mesospb.TaskStatus) {
	a := l.agents.byID[s.GetAgentId().GetValue()]
	if a == nil {
		return
	}
	t, known := a.tasks[s.GetTaskId().GetValue()]
	p := l.pods[t.PodUID]
	if !known || p == nil {
		return
	}
	if s.GetState() != mesospb.TaskState_TASK_STARTING {
		delete(l.nodeWaits, t.PodUID)
		return
	}
	if reason := waitsFor(s); reason != "" && reason != l.nodeWaits[t.PodUID] {
		l.nodeWaits[t.PodUID] = reason
		l.recorder.event(p, v1.EventTypeWarning, "WaitsForNode", fmt.Sprintf("node %s cannot run it yet: %s", t.Node, reason))
	}
}

// waitsFor returns what the executor says that its node waits for; "" for nothing.
func waitsFor(s *mesospb.TaskStatus) string {
	for _, label := range s.GetLabels().GetLabels() {
		if label.GetKey() == taskdata.WaitsLabel {
			return label.GetValue()
		}
	}
	return ""
}
