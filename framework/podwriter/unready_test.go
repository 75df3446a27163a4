package podwriter

import (
	"slices"
	"testing"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// A running pod is shown as not ready; what has ended or is another pod is left alone,
// and what is not ready keeps its reason.
func TestMarkUnready(t *testing.T) {
	t.Parallel()
	condition := func(s v1.ConditionStatus) func(*v1.Pod) {
		return func(p *v1.Pod) {
			p.Status.Phase = v1.PodRunning
			p.Status.Conditions = []v1.PodCondition{{Type: v1.PodInitialized, Status: v1.ConditionTrue}, {Type: v1.PodReady, Status: s, Reason: "Kubelet"}}
		}
	}
	ready := condition(v1.ConditionTrue)
	for name, c := range map[string]struct {
		change func(*v1.Pod)
		status v1.ConditionStatus
		reason string
	}{
		"ready":       {ready, v1.ConditionFalse, "MesosAgentLost"},
		"not ready":   {condition(v1.ConditionFalse), v1.ConditionFalse, "Kubelet"},
		"finished":    {func(p *v1.Pod) { ready(p); p.Status.Phase = v1.PodFailed }, v1.ConditionTrue, "Kubelet"},
		"another pod": {func(p *v1.Pod) { ready(p); p.UID = "other" }, v1.ConditionTrue, "Kubelet"},
	} {
		client := fake.NewSimpleClientset(makePod("php", c.change))
		w := NewWriter(client, noEvents{}, logr.Discard())
		if err := w.markUnready(t.Context(), makePod("php"), "MesosAgentLost", "lost"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p, err := client.CoreV1().Pods("default").Get(t.Context(), "php", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := client.Actions(); name != "ready" && slices.ContainsFunc(got, func(a k8stesting.Action) bool { return a.GetVerb() == "update" }) {
			t.Errorf("%s: a write that changes nothing", name)
		}
		if got := p.Status.Conditions; got[1].Status != c.status || got[1].Reason != c.reason || got[0].Status != v1.ConditionTrue {
			t.Errorf("%s: conditions %+v", name, got)
		}
	}
}
