package framework

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const four = "cpus:4;mem:4096;ports:[31000-32000]"

// The way of a pod: stored, launched, bound when its task starts, acknowledged
// after that, and forgotten when it is over.
func TestPodRuns(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
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
	data, err := taskdata.Decode(task.GetData())
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
	w := newHarness(t)
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
	w := newHarness(t).start()
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

// Offers of machines that may not be used go back for long.
func TestMachines(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start(func(c *Config) { c.Machines = []string{"HOST-s2"} })
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
