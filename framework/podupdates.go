package framework

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
)

// updated notes a status of a task that is on record: it tells what the pod's node
// waits for, and measures how a launch has ended.
func (t *podTracker) updated(task scheduler.Task, s *mesospb.TaskStatus) {
	if s.GetState() == mesospb.TaskState_TASK_STARTING {
		t.nodeWaitsFor(task, waitsFor(s))
	} else if t.pods[task.PodUID] != nil {
		delete(t.nodeWaits, task.PodUID)
	}
	since, measured := t.notRunning[task.PodUID]
	switch {
	case !measured:
	case s.GetState() == mesospb.TaskState_TASK_RUNNING:
		t.metrics.launch.Observe(t.now().Sub(since).Seconds())
		delete(t.notRunning, task.PodUID)
	case ended(s.GetState()) && s.GetSource() != mesospb.TaskStatus_SOURCE_EXECUTOR:
		t.metrics.lostLaunch(s)
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

// reasonOf returns Mesos' reason for a status; "" if it states none.
func reasonOf(s *mesospb.TaskStatus) string {
	if s.Reason == nil {
		return ""
	}
	return s.GetReason().String()
}

// alive reports whether the executor of a task in this state can be reached.
func alive(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_STARTING, mesospb.TaskState_TASK_RUNNING, mesospb.TaskState_TASK_KILLING:
		return true
	}
	return false
}

// ended reports whether nothing follows this state.
func ended(s mesospb.TaskState) bool {
	switch s {
	case mesospb.TaskState_TASK_FINISHED, mesospb.TaskState_TASK_FAILED, mesospb.TaskState_TASK_KILLED,
		mesospb.TaskState_TASK_ERROR, mesospb.TaskState_TASK_DROPPED, mesospb.TaskState_TASK_GONE,
		mesospb.TaskState_TASK_GONE_BY_OPERATOR:
		return true
	}
	return false
}
