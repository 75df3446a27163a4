package local_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// simulated is an executor that uses our own client, without a process: every task
// runs at once.
func simulated(ctx context.Context, env map[string]string, _ *mesospb.ExecutorInfo) int {
	cfg, err := mesos.ExecutorFromEnv(func(name string) string { return env[name] })
	if err != nil {
		return 1
	}
	x := &runner{}
	x.executor = mesos.NewExecutor(cfg)
	x.executor.Run(ctx, x)
	return 0
}

type runner struct{ executor *mesos.Executor }

func (x *runner) Event(e *mesospb.ExecutorEvent) {
	var id *mesospb.TaskID
	state := mesospb.TaskState_TASK_RUNNING
	switch e.GetType() {
	case mesospb.ExecutorEvent_LAUNCH:
		id = e.Launch.Task.TaskId
	case mesospb.ExecutorEvent_KILL:
		id, state = e.Kill.TaskId, mesospb.TaskState_TASK_KILLED
	default:
		return
	}
	u := uuid.New()
	x.executor.Update(&mesospb.TaskStatus{TaskId: id, State: &state, Uuid: u[:]})
}

// many launches each tasks on every agent, and waits until all run.
func (f *framework) many(agents, each int) {
	f.t.Helper()
	running := map[string]bool{}
	begun := map[string]bool{}
	for len(running) < agents*each {
		e := f.until("offers or running tasks", func(e *mesospb.SchedulerEvent) bool { return e.Offers != nil || e.Update != nil })
		if s := e.GetUpdate().GetStatus(); s.GetState() == mesospb.TaskState_TASK_RUNNING {
			running[s.TaskId.GetValue()] = true
		}
		for _, o := range e.GetOffers().GetOffers() {
			agent := o.AgentId.GetValue()
			if begun[agent] {
				continue
			}
			begun[agent] = true
			var tasks []*mesospb.TaskInfo
			for i := range each {
				tasks = append(tasks, task(f.t, o, fmt.Sprint(agent, ".", i), "ex", run))
			}
			f.send(mesos.Accept([]string{o.Id.GetValue()}, time.Hour, mesos.Launch(tasks...)))
		}
	}
}

func TestManySimulatedAgents(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Agents, cfg.Simulate, cfg.Resources = 50, simulated, "cpus:4;mem:1024"
	cfg.UpdateRetry = time.Minute // unacknowledged statuses do not come twice
	f := connect(t, start(t, cfg))
	f.many(50, 10)
	f.send(mesos.Kill(f.first(), "", 0))
	f.until("KILLED", func(e *mesospb.SchedulerEvent) bool {
		return e.GetUpdate().GetStatus().GetState() == mesospb.TaskState_TASK_KILLED
	})
}

func (f *framework) first() string {
	f.send(mesos.Reconcile())
	s := f.until("a task", func(e *mesospb.SchedulerEvent) bool {
		return strings.HasSuffix(e.GetUpdate().GetStatus().GetTaskId().GetValue(), ".0")
	})
	return s.Update.Status.TaskId.GetValue()
}

// BenchmarkLaunch measures from subscription to all tasks running, without processes.
func BenchmarkLaunch(b *testing.B) {
	for _, agents := range []int{100, 1000} {
		b.Run(fmt.Sprint("agents=", agents, ",tasks=10"), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				m := start(b, local.Config{Agents: agents, Simulate: simulated, Resources: "cpus:4;mem:1024;disk:1024"})
				b.StartTimer()
				f := connect(b, m)
				f.many(agents, 10)
				f.send(mesos.Teardown())
			}
			b.ReportMetric(float64(agents*10*b.N)/b.Elapsed().Seconds(), "tasks/s")
		})
	}
}
