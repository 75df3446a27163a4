package framework

import (
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8stesting "k8s.io/client-go/testing"
)

func withPriority(n int32) func(*v1.Pod) { return func(p *v1.Pod) { p.Spec.Priority = &n } }

// A pod of a higher priority takes the place of one whose disruption budget allows it. What
// that frees is kept for it over a restart of the framework, and nothing else has to go.
func TestPreemption(t *testing.T) {
	t.Parallel()
	labelled := func(app string) func(*v1.Pod) {
		return func(p *v1.Pod) { p.Labels = map[string]string{"app": app} }
	}
	w := newHarness(t, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "db"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}},
	}).start()
	for _, app := range []string{"web", "db"} {
		w.post(makePod(app, labelled(app)))
	}
	w.offers(has("S1", four))
	_, tasks := w.launch()
	for _, task := range tasks {
		w.update(task, mesospb.TaskState_TASK_STARTING)
		w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	}
	w.offers()
	w.post(makePod("high", withPriority(1000)))
	w.eventually("the pod of the highest priority is nominated", func() bool { return w.pod("high").Status.NominatedNodeName == "host-s1" })
	w.eventually("one pod is deleted", func() bool { return slices.Equal(w.deleted(), []string{"web"}) })
	w.kill()
	w.start()
	i := slices.IndexFunc(tasks, func(task *mesospb.TaskInfo) bool { return task.GetName() == "web.default" })
	w.post(makePod("younger"))
	w.update(tasks[i], mesospb.TaskState_TASK_KILLED)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)
	w.offers(has("S1", "cpus:0.5;mem:64;ports:[31000-32000]", withExecutor))
	if _, tasks := w.launch(); len(tasks) != 1 || tasks[0].GetName() != "high.default" {
		t.Errorf("launched %v", tasks)
	}
	if deleted := w.deleted(); len(deleted) > 1 {
		t.Errorf("deleted %s", deleted)
	}
}

// deleted returns the names of pods that were deleted, in that order.
func (w *harness) deleted() (pods []string) {
	for _, a := range w.client.Actions() {
		if d, is := a.(k8stesting.DeleteAction); is && d.GetResource().Resource == "pods" {
			pods = append(pods, d.GetName())
		}
	}
	return pods
}
