package framework

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
)

// Died between storing and sending: the next life asks Mesos what became of the
// task before anything else happens to the pod.
func TestCrashBeforeAccept(t *testing.T) {
	t.Parallel()
	w := newHarness(t, makePod("php"))
	w.store.records[keyFramework] = []byte("F-1")
	w.store.records[keyTasks+"uid-php.1"] = records.PutTask(taskOn("uid-php.1", "uid-php", 1, "S1", "host-s1")).Value
	w.store.records[keyAgents+"S1"] = records.PutAgent("S1", records.Agent{Node: "host-s1", Hostname: "host-S1"}).Value
	w.start()
	if id := receive(t, w.master.infos, "FrameworkInfo").GetId().GetValue(); id != "F-1" {
		t.Errorf("subscribed as %q, want the stored id", id)
	}
	asked := w.call(mesospb.SchedulerCall_RECONCILE)
	if got := asked.GetReconcile().GetTasks(); len(got) != 1 || got[0].GetTaskId().GetValue() != "uid-php.1" || got[0].GetAgentId().GetValue() != "S1" {
		t.Fatalf("asked for %v", got)
	}
	w.offers(has("S1", four))
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_UPDATE.Enum(), Update: &mesospb.SchedulerEvent_Update{Status: &mesospb.TaskStatus{
		TaskId: &mesospb.TaskID{Value: proto.String("uid-php.1")}, AgentId: &mesospb.AgentID{Value: proto.String("S1")},
		State: mesospb.TaskState_TASK_GONE.Enum(), Source: mesospb.TaskStatus_SOURCE_MASTER.Enum(),
		Reason: mesospb.TaskStatus_REASON_RECONCILIATION.Enum(),
	}}})
	_, tasks := w.launch()
	if got := tasks[0].GetTaskId().GetValue(); got != "uid-php.2" {
		t.Errorf("launched %s, want the next attempt", got)
	}
}

// A task whose pod goes on without it is killed only when its record says so: the
// next life must not bind the pod to where it is about to end.
func TestKillIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_UNREACHABLE)
	w.update(tasks[0], mesospb.TaskState_TASK_STARTING) // it is back, too late
	if got := w.call(mesospb.SchedulerCall_KILL).GetKill().GetTaskId().GetValue(); got != "uid-php.1" {
		t.Errorf("killed %s", got)
	}
	if record, _ := w.store.get(keyTasks + "uid-php.1"); !bytes.Contains(record, []byte(`"Killed":true`)) {
		t.Errorf("its record: %s", record)
	}
}

// A framework that Mesos removed does not start over while tasks are on record,
// unless told to.
func TestRemoved(t *testing.T) {
	t.Parallel()
	record := records.PutTask(taskOn("uid-php.1", "uid-php", 1, "S1", "host-s1")).Value

	t.Run("with tasks on record", func(t *testing.T) {
		t.Parallel()
		w := newHarness(t)
		w.store.records[keyFramework] = []byte("F-1")
		w.store.records[keyTasks+"uid-php.1"] = record
		w.start()
		w.master.end <- mesos.ErrRemoved
		err := w.end()
		var removed *RemovedError
		if !errors.As(err, &removed) || removed.ID != "F-1" || removed.Tasks != 1 || !errors.Is(err, mesos.ErrRemoved) {
			t.Fatalf("Run: %v", err)
		}
		if id, _ := w.store.get(keyFramework); string(id) != "F-1" {
			t.Errorf("framework id on record: %q", id)
		}
	})
	t.Run("told to start over", func(t *testing.T) {
		t.Parallel()
		bound := makePod("php", boundTo("host-s1"), func(p *v1.Pod) { p.Status.Phase = v1.PodRunning })
		w := newHarness(t, bound)
		w.store.records[keyFramework] = []byte("F-1")
		w.store.records[keyTasks+"uid-php.1"] = record
		w.start(func(c *Config) { c.StartOver = true })
		receive(t, w.master.infos, "first FrameworkInfo")
		w.master.end <- mesos.ErrRemoved
		receive(t, w.master.ran, "second subscription")
		if id := receive(t, w.master.infos, "second FrameworkInfo").GetId(); id != nil {
			t.Errorf("subscribed again as %v", id)
		}
		w.eventually("the pod fails", func() bool { return w.pod("php").Status.Phase == v1.PodFailed })
	})
	t.Run("nothing on record", func(t *testing.T) {
		t.Parallel()
		w := newHarness(t)
		w.store.records[keyFramework] = []byte("F-0")
		w.start()
		w.master.end <- mesos.ErrRemoved
		receive(t, w.master.ran, "second subscription")
	})
}

// After a restart waiting pods are served in the order of their creation.
func TestOrderOverRestart(t *testing.T) {
	t.Parallel()
	old := func(p *v1.Pod) { p.CreationTimestamp.Time = p.CreationTimestamp.Add(-60e9) }
	w := newHarness(t, makePod("a-young"), makePod("z-old", old)).start()
	w.offers(has("S1", "cpus:0.8;mem:400"))
	_, tasks := w.launch()
	if got := tasks[0].GetName(); got != "z-old.default" {
		t.Errorf("launched %s first", got)
	}
}

// While an executor may live on an agent, every task names the very same
// ExecutorInfo, whatever the flags say meanwhile; without one, a new one is made.
func TestExecutorInfoIsConstant(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("a"))
	w.offers(has("S1", four))
	_, first := w.launch()
	w.update(first[0], mesospb.TaskState_TASK_STARTING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	w.kill()

	newer := func(c *Config) {
		c.Executor.URI, c.Executor.Arguments, c.Info.Role = "http://new/v2/executor_runner", nil, "web"
	}
	w.start(newer)
	w.update(first[0], mesospb.TaskState_TASK_RUNNING)
	w.post(makePod("b"))
	w.offers(has("S1", "cpus:1;mem:1024", withExecutor))
	_, second := w.launch()
	if a, b := encode(t, first[0].Executor), encode(t, second[0].Executor); !bytes.Equal(a, b) {
		t.Errorf("the executor changed:\n%v\n%v", first[0].Executor, second[0].Executor)
	}

	w.offers() // none while the executor dies
	for _, task := range []*mesospb.TaskInfo{first[0], second[0]} {
		w.update(task, mesospb.TaskState_TASK_FAILED)
	}
	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_FAILURE.Enum(), Failure: &mesospb.SchedulerEvent_Failure{
		AgentId: first[0].AgentId, ExecutorId: first[0].Executor.ExecutorId,
	}})
	w.post(makePod("c"))
	w.offers(has("S1", four))
	_, third := w.launch()
	if got := third[0].Executor.Command.Uris[0].GetValue(); got != "http://new/v2/executor_runner" {
		t.Errorf("after the old executor's end %s is fetched", got)
	}
}
