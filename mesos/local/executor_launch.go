package local

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/containerizer"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/credentials"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// create makes the entry of an executor that has yet to be started.
func (xs *executors) create(f *framework, info *mesospb.ExecutorInfo) *executor {
	a := xs.agent
	ex := &executor{agent: a, framework: f, info: info, container: uuid.NewString(), started: time.Now(), cancel: func() {}}
	ex.directory = containerizer.Sandbox(a.master.workDir, a.id, f.id, info.ExecutorId.GetValue(), ex.container)
	ex.token = credentials.NewToken()
	xs.add(ex)
	return ex
}

// launch hands tasks to their executor, starting it if need be.
func (xs *executors) launch(tasks []*task, group bool) {
	a := xs.agent
	ex := tasks[0].executor
	b := batch{tasks, group}
	for _, t := range tasks {
		t.received = true
	}
	switch {
	case a.maintenance.draining != nil:
		a.maintenance.drop(tasks)
	case ex.phase == terminating:
		for _, t := range tasks {
			a.statuses.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_EXECUTOR_TERMINATED, "Executor terminating")
		}
	case ex.phase == running && ex.stream != nil:
		ex.deliver(b)
	default:
		ex.queued = append(ex.queued, b)
		if !ex.launched {
			ex.launched = true
			a.master.launcher.start(ex)
		}
	}
}

func (ex *executor) deliver(b batch) {
	var infos []*mesospb.TaskInfo
	for _, t := range b.tasks {
		if err := ex.mount(t.info.Resources); err != nil {
			ex.agent.statuses.own(t, mesospb.TaskState_TASK_FAILED, mesospb.TaskStatus_REASON_CONTAINER_UPDATE_FAILED, err.Error())
			continue
		}
		t.delivered, ex.hadTask = true, true
		infos = append(infos, t.info)
	}
	if b.group && len(infos) > 0 {
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

// mount makes persistent volumes appear in the executor's sandbox, if it has one.
func (ex *executor) mount(rs []*mesospb.Resource) error {
	if ex.agent.master.cfg.Simulate != nil {
		return nil
	}
	return ex.agent.reservations.disk.Link(ex.directory, rs)
}

// kill carries out a KILL. A task that still waits for its executor ends at once,
// along with its whole group.
func (xs *executors) kill(t *task, call *mesospb.SchedulerCall_Kill) {
	a := xs.agent
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
	if a.master.cfg.old() {
		reason, text = mesospb.TaskStatus_REASON_EXECUTOR_UNREGISTERED, "Unregistered executor"
	}
	for _, t := range b.tasks {
		a.statuses.own(t, mesospb.TaskState_TASK_KILLED, reason, text)
	}
}

// dropUnreceived ends tasks that were sent but that the returning executor does not
// know.
func (xs *executors) dropUnreceived(ex *executor, known []*mesospb.TaskInfo) {
	for _, t := range slices.Clone(ex.tasks) {
		has := slices.ContainsFunc(known, func(i *mesospb.TaskInfo) bool { return i.TaskId.GetValue() == t.id() })
		if t.delivered && t.latest == mesospb.TaskState_TASK_STAGING && !has {
			xs.agent.statuses.own(t, t.framework.lost(mesospb.TaskState_TASK_DROPPED), mesospb.TaskStatus_REASON_AGENT_RESTARTED, "Task launched during agent restart")
		}
	}
}
