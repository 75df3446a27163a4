package framework

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// An agent is lost between a binding and the moment at which it is seen: the pod is
// shown as not ready all the same.
func TestBindingSeenLate(t *testing.T) {
	t.Parallel()
	ready := func(p *v1.Pod) {
		p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue}}
	}
	l := quietLoop(t)
	client := fake.NewSimpleClientset(makePod("php", onNode, ready))
	l.cfg.Client = client
	l.handle(podSeen{makePod("php", ready)})
	l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four)})
	l.lost(l.agents.byID["S1"])
	l.handle(podSeen{makePod("php", onNode, ready)})
	for _, work := range l.workers.queue.take() {
		work.(piece)(t.Context(), wait)
	}
	p, err := client.CoreV1().Pods("default").Get(t.Context(), "php", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Status.Conditions[0]; c.Status != v1.ConditionFalse {
		t.Errorf("the pod's condition is %+v", c)
	}
}
