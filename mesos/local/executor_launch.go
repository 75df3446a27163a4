package local

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// newExecutor makes the entry of an executor that has yet to be started.
func (a *agent) newExecutor(f *framework, info *mesospb.ExecutorInfo) *executor {
	ex := &executor{agent: a, framework: f, info: info, container: uuid.NewString(), started: time.Now(), cancel: func() {}}
	ex.directory = sandbox(a.m.workDir, a, ex)
	ex.token = newToken()
	a.executors[ex.key()] = ex
	return ex
}

// discardUnused removes an executor whose tasks were refused after all.
func (a *agent) discardUnused(f *framework, info *mesospb.ExecutorInfo) {
	ex := a.executors[executorKey{f.id, info.ExecutorId.GetValue()}]
	if ex != nil && len(ex.tasks) == 0 && !ex.launched {
		delete(a.executors, ex.key())
	}
}

// launch hands tasks to their executor, starting it if need be.
func (a *agent) launch(tasks []*task, group bool) {
	ex := tasks[0].executor
	b := batch{tasks, group}
	for _, t := range tasks {
		t.received = true
	}
	switch {
	case a.draining != nil:
		a.dropDraining(tasks)
	case ex.phase == terminating:
		for _, t := range tasks {
			a.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, "Executor terminating")
		}
	case ex.phase == running && ex.stream != nil:
		ex.deliver(b)
	default:
		ex.queued = append(ex.queued, b)
		if !ex.launched {
			ex.launched = true
			a.m.startExecutor(ex)
		}
	}
}

func (ex *executor) deliver(b batch) {
	var infos []*mesospb.TaskInfo
	for _, t := range b.tasks {
		t.delivered, ex.hadTask = true, true
		infos = append(infos, t.info)
	}
	if b.group {
		ex.send(&mesospb.ExecutorEvent{
			Type:        mesospb.ExecutorEvent_LAUNCH_GROUP.Enum(),
			LaunchGroup: &mesospb.ExecutorEvent_LaunchGroup{TaskGroup: &mesospb.TaskGroupInfo{Tasks: infos}},
		})
		return
	}
	for _, info := range infos {
		ex.send(&mesospb.ExecutorEvent{
			Type:   mesospb.ExecutorEvent_LAUNCH.Enum(),
			Launch: &mesospb.ExecutorEvent_Launch{Task: info},
		})
	}
}

// kill carries out a KILL. A task that still waits for its executor ends at once,
// along with its whole group.
func (a *agent) kill(t *task, call *mesospb.SchedulerCall_Kill) {
	ex := t.executor
	if ex.phase == terminating {
		return
	}
	i := slices.IndexFunc(ex.queued, func(b batch) bool { return slices.Contains(b.tasks, t) })
	if i < 0 {
		ex.send(&mesospb.ExecutorEvent{
			Type: mesospb.ExecutorEvent_KILL.Enum(),
			Kill: &mesospb.ExecutorEvent_Kill{TaskId: t.info.TaskId, KillPolicy: call.KillPolicy},
		})
		return
	}
	b := ex.queued[i]
	ex.queued = slices.Delete(ex.queued, i, i+1)
	reason, text := mesospb.TaskStatus_REASON_TASK_KILLED_DURING_LAUNCH, "Killed before delivery to the executor"
	if a.m.cfg.old() {
		reason, text = mesospb.TaskStatus_REASON_EXECUTOR_UNREGISTERED, "Unregistered executor"
	}
	for _, t := range b.tasks {
		a.own(t, mesospb.TaskState_TASK_KILLED, reason, text)
	}
}
