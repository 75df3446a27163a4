package framework

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// assignedTo makes a pod one that is created for a node.
func assignedTo(node string) func(*v1.Pod) { return func(p *v1.Pod) { p.Spec.NodeName = node } }

func (w *harness) confirmed(name string) bool {
	p := w.pod(name)
	return p.Spec.NodeName == "host-s1" && p.Annotations[taskdata.AgentAnnotation] == "S1"
}

// A pod of another scheduler is left alone until that has bound it. Then it is launched on
// that node, and its kubelet may run it when the executor has the task.
func TestBoundByAnotherScheduler(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("theirs", func(p *v1.Pod) { p.Spec.SchedulerName = "another" }))
	w.post(makePod("ours"))
	w.offers(has("S2", four), has("S1", "cpus:1;mem:4096"))
	if _, tasks := w.launch(); len(tasks) != 1 || tasks[0].GetName() != "ours.default" {
		t.Fatalf("launched %v", tasks)
	}
	binding := &v1.Binding{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "theirs"}, Target: v1.ObjectReference{Kind: "Node", Name: "host-s1"}}
	if err := w.client.CoreV1().Pods("default").Bind(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	accept, tasks := w.launch()
	if len(tasks) != 1 || tasks[0].GetName() != "theirs.default" || tasks[0].GetAgentId().GetValue() != "S1" {
		t.Fatalf("launched %v", accept)
	}
	if w.confirmed("theirs") {
		t.Error("a kubelet may run the pod before an executor has it")
	}
	w.update(tasks[0], mesospb.TaskState_TASK_STARTING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	if !w.confirmed("theirs") {
		t.Errorf("acknowledged before the pod says so: %+v", w.pod("theirs"))
	}
}

// The framework's end between launch and confirmation neither loses nor doubles the pod.
func TestAssignedOverRestart(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("php", assignedTo("host-s1")))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.kill()
	w.start()
	w.update(tasks[0], mesospb.TaskState_TASK_STARTING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	if !w.confirmed("php") {
		t.Errorf("not confirmed: %+v", w.pod("php"))
	}
	w.kill()
	if launches := w.journal.count("send ACCEPT"); launches != 1 {
		t.Errorf("%d launches", launches)
	}
}

// Meanwhile the pod says what it waits for, and one that is deleted goes at once: the API
// server would wait for a kubelet.
func TestAssignedWaits(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("php", assignedTo("host-s9")))
	w.offers(has("S1", four))
	w.eventually("a condition with the reason", func() bool {
		return slices.ContainsFunc(w.pod("php").Status.Conditions, func(c v1.PodCondition) bool {
			return c.Type == v1.PodReadyToStartContainers && c.Status == v1.ConditionFalse && c.Reason == "WaitsForAgent" &&
				strings.Contains(c.Message, "node host-s9, which does not exist")
		})
	})
	w.eventually("an event", func() bool {
		events, err := w.client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{})
		return err == nil && slices.ContainsFunc(events.Items, func(e v1.Event) bool { return e.Reason == "WaitsForAgent" })
	})
	deleted := w.pod("php").DeepCopy()
	deleted.DeletionTimestamp, deleted.DeletionGracePeriodSeconds = new(metav1.Now()), new(int64(30))
	if _, err := w.client.CoreV1().Pods("default").Update(t.Context(), deleted, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the pod is gone", func() bool {
		_, err := w.client.CoreV1().Pods("default").Get(t.Context(), "php", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}
