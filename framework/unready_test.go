package framework

import (
	"context"
	"testing"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podwriter"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
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
	shown := make(chan v1.PodCondition, 1)
	client.PrependReactor("update", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
		shown <- a.(k8stesting.UpdateAction).GetObject().(*v1.Pod).Status.Conditions[0]
		return false, nil, nil
	})
	l.podWriter = podwriter.NewWriter(client, l.pods.events, logr.Discard())
	handle(l, podSeen{makePod("php", ready)})
	l.offered([]*mesospb.Offer{makeOffer("o1", "S1", four)})
	l.agentLost(l.agents.get("S1"))
	handle(l, podSeen{makePod("php", onNode, ready)})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); l.podWriter.Run(ctx) }()
	if c := receive(t, shown, "update of the pod"); c.Status != v1.ConditionFalse || c.Reason != nodes.ReasonLost {
		t.Errorf("the pod's condition is %+v", c)
	}
	stop()
	<-ended
}
