package framework

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/podtask"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8stesting "k8s.io/client-go/testing"
)

const four = "cpus:4;mem:4096;ports:[31000-32000]"

// The way of a pod: stored, launched, bound when its task starts, acknowledged
// after that, and forgotten when it is over.
func TestPodRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	if len(tasks) != 1 {
		t.Fatalf("launched %v", tasks)
	}
	task := tasks[0]
	id := task.GetTaskId().GetValue()
	stored, sent := w.journal.index("put "+keyTasks+id), w.journal.index("send ACCEPT")
	if stored < 0 || stored > sent {
		t.Errorf("the task was stored at %d, sent at %d", stored, sent)
	}
	if known := w.journal.index("put " + keyFramework); known < 0 || known > sent {
		t.Errorf("the framework id was stored at %d, the launch sent at %d", known, sent)
	}
	data, err := podtask.Decode(task.GetData())
	if err != nil {
		t.Fatal(err)
	}
	if data.Name != "php" || data.Node != "host-s1" || !strings.Contains(data.Cluster.Token, ".") {
		t.Errorf("task data %+v", data)
	}
	if got := w.pod("php").Spec.NodeName; got != "" {
		t.Errorf("bound to %s before the executor spoke", got)
	}

	w.update(task, mesospb.TaskState_TASK_STARTING)
	ack := w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	if got := w.pod("php").Spec.NodeName; got != "host-s1" {
		t.Errorf("acknowledged while the pod is bound to %q", got)
	}
	if string(ack.GetAcknowledge().GetUuid()) != "0123456789abcdef" {
		t.Errorf("acknowledged %q", ack.GetAcknowledge().GetUuid())
	}

	w.update(task, mesospb.TaskState_TASK_KILLED)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	if err := w.client.CoreV1().Pods("default").Delete(w.Context(), "php", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the task's record goes", func() bool { _, there := w.store.get(keyTasks + id); return !there })
}

// What could not be stored is not sent; the pod is launched by a later attempt.
func TestLaunchNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failed := make(chan struct{}, 100)
	w.store.fail = func(cs []Change) error {
		if slices.ContainsFunc(cs, func(c Change) bool { return c.Key == keyTasks+"uid-php.1" && c.Value != nil }) {
			failed <- struct{}{}
			return errStory
		}
		return nil
	}
	w.start()
	w.post(makePod("php"))
	w.offers(has("S1", four))
	receive(t, failed, "attempt to store")
	if _, tasks := w.launch(); tasks[0].GetTaskId().GetValue() != "uid-php.2" {
		t.Errorf("launched %s", tasks[0].GetTaskId())
	}
}

// A master that refuses an ACCEPT has launched nothing: the pod goes on.
func TestLaunchRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	w.call(mesospb.SchedulerCall_SUPPRESS)
	w.master.refuseWith(&mesos.CallError{Call: "ACCEPT", Status: 400, Body: "no"})
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, first := w.launch()
	w.master.refuseWith(nil)
	_, second := w.launch()
	if a, b := first[0].GetTaskId().GetValue(), second[0].GetTaskId().GetValue(); a == b {
		t.Errorf("task id %s was used twice", a)
	}
}

// Died between storing and sending: the next life asks Mesos what became of the
// task before anything else happens to the pod.
func TestCrashBeforeAccept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, makePod("php"))
	w.store.records[keyFramework] = []byte("F-1")
	w.store.records[keyTasks+"uid-php.1"] = putTask(taskOn("uid-php.1", "uid-php", 1, "S1", "host-s1")).Value
	w.store.records[keyAgents+"S1"] = putAgent("S1", agentRecord{Node: "host-s1", Hostname: "host-S1"}).Value
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

// While an executor may live on an agent, every task names the very same
// ExecutorInfo, whatever the flags say meanwhile; without one, a new one is made.
func TestExecutorInfoIsConstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
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

// A binding that meets another state of the pod is settled by looking.
func TestBindConflict(t *testing.T) {
	t.Parallel()
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "php", errStory)
	for _, c := range []struct {
		name    string
		node    string // where the pod is found to be bound
		expects mesospb.SchedulerCall_Type
	}{
		{"bound there already", "host-s1", mesospb.SchedulerCall_ACKNOWLEDGE},
		{"bound elsewhere", "other", mesospb.SchedulerCall_KILL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return a.GetSubresource() == "binding", nil, conflict
			})
			w.client.PrependReactor("get", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return true, makePod("php", func(p *v1.Pod) { p.Spec.NodeName = c.node }), nil
			})
			w.start()
			w.post(makePod("php"))
			w.offers(has("S1", four))
			_, tasks := w.launch()
			w.update(tasks[0], mesospb.TaskState_TASK_STARTING)
			w.call(c.expects)
		})
	}
}

// Passing trouble of the API server does not undo a binding.
func TestBindTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	times := make(chan struct{}, 2)
	times <- struct{}{}
	times <- struct{}{}
	w.client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
		select {
		case <-times:
			return a.GetSubresource() == "binding", nil, apierrors.NewInternalError(errStory)
		default:
			return false, nil, nil
		}
	})
	p := makePod("php")
	if err := w.client.Tracker().Add(p); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_STARTING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	if len(times) != 0 || w.pod("php").Spec.NodeName != "host-s1" {
		t.Errorf("%d failures left, bound to %q", len(times), w.pod("php").Spec.NodeName)
	}
}

// A framework that Mesos removed is not begun anew over the heads of pods.
func TestRemoved(t *testing.T) {
	t.Parallel()
	record := putTask(taskOn("uid-php.1", "uid-php", 1, "S1", "host-s1")).Value

	t.Run("with tasks on record", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
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
		bound := makePod("php", func(p *v1.Pod) { p.Spec.NodeName = "host-s1"; p.Status.Phase = v1.PodRunning })
		w := newWorld(t, bound)
		w.store.records[keyFramework] = []byte("F-1")
		w.store.records[keyTasks+"uid-php.1"] = record
		w.start(func(c *Config) { c.StartOver = true })
		receive(t, w.master.infos, "first FrameworkInfo")
		w.master.end <- mesos.ErrRemoved
		receive(t, w.master.ran, "second subscription")
		if id := receive(t, w.master.infos, "second FrameworkInfo").GetId(); id != nil {
			t.Errorf("subscribed anew as %v", id)
		}
		w.eventually("the pod fails", func() bool { return w.pod("php").Status.Phase == v1.PodFailed })
	})
	t.Run("nothing on record", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.store.records[keyFramework] = []byte("F-0")
		w.start()
		w.master.end <- mesos.ErrRemoved
		receive(t, w.master.ran, "second subscription")
	})
}

// Offers of machines that may not be used go back for long.
func TestMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start(func(c *Config) { c.Machines = []string{"HOST-s2"} })
	w.post(makePod("php"))
	w.offers(has("S1", four), has("S2", four))
	decline := w.call(mesospb.SchedulerCall_DECLINE)
	if len(decline.GetDecline().GetOfferIds()) != 1 || decline.GetDecline().GetFilters().GetRefuseSeconds() < 600 {
		t.Errorf("declined %v", decline)
	}
	_, tasks := w.launch()
	if got := tasks[0].GetAgentId().GetValue(); got != "S2" {
		t.Errorf("launched on %s", got)
	}
}

// A pod that waits says why, in its condition and by an event; what no agent
// can give is named at once.
func TestExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cpu, gpu string
		want     string
	}{
		"too large":   {cpu: "64", want: "cpu"},
		"unsupported": {cpu: "1", gpu: "2", want: "No agent can give 2 nvidia.com/gpu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).start()
			w.post(makePod("big", func(p *v1.Pod) {
				p.Spec.Containers[0].Resources.Requests["cpu"] = quantity(c.cpu)
				if c.gpu != "" {
					p.Spec.Containers[0].Resources.Requests["nvidia.com/gpu"] = quantity(c.gpu)
				}
			}))
			w.offers(has("S1", four))
			w.eventually("a condition with the reason", func() bool {
				for _, cond := range w.pod("big").Status.Conditions {
					if cond.Type == v1.PodScheduled && cond.Status == v1.ConditionFalse && cond.Reason == v1.PodReasonUnschedulable {
						return strings.Contains(cond.Message, c.want)
					}
				}
				return false
			})
			w.eventually("an event", func() bool {
				events, err := w.client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{})
				return err == nil && slices.ContainsFunc(events.Items, func(e v1.Event) bool {
					return e.Reason == "FailedScheduling" && strings.Contains(e.Message, c.want)
				})
			})
			s, err := w.frame.Status(t.Context())
			if err != nil || len(s.Waiting) != 1 || !strings.Contains(s.Waiting[0].Reason, c.want) {
				t.Errorf("status %+v, %v", s, err)
			}
		})
	}
}

// After a restart the pods that wait are served in the order of their creation.
func TestOrderOverRestart(t *testing.T) {
	t.Parallel()
	old := func(p *v1.Pod) { p.CreationTimestamp.Time = p.CreationTimestamp.Add(-60e9) }
	w := newWorld(t, makePod("a-young"), makePod("z-old", old)).start()
	w.offers(has("S1", "cpus:0.8;mem:400"))
	_, tasks := w.launch()
	if got := tasks[0].GetName(); got != "z-old.default" {
		t.Errorf("launched %s first", got)
	}
}
