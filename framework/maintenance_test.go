package framework

import (
	"slices"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	k8stesting "k8s.io/client-go/testing"
)

func hasTaint(n *v1.Node, key string, effect v1.TaintEffect) bool {
	return n != nil && slices.ContainsFunc(n.Spec.Taints, func(t v1.Taint) bool { return t.Key == key && t.Effect == effect })
}

// unavailable is a window that opens at start, for an hour.
func unavailable(start time.Time) *mesospb.Unavailability {
	return &mesospb.Unavailability{
		Start:    &mesospb.TimeInfo{Nanoseconds: proto.Int64(start.UnixNano())},
		Duration: &mesospb.DurationInfo{Nanoseconds: proto.Int64(int64(time.Hour))},
	}
}

// The pods of an agent that Mesos cannot reach are shown as not ready, and its
// Node gets the taints by which they are replaced in time; all of that ends when
// the agent is back.
func TestAgentUnreachable(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("php", func(p *v1.Pod) {
		p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue}}
	}))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_RUNNING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)

	w.update(tasks[0], mesospb.TaskState_TASK_UNREACHABLE)
	w.eventually("the Node is tainted", func() bool {
		return hasTaint(w.node("host-s1"), v1.TaintNodeUnreachable, v1.TaintEffectNoExecute)
	})
	for _, taint := range w.node("host-s1").Spec.Taints {
		if taint.Effect == v1.TaintEffectNoExecute && taint.TimeAdded == nil {
			t.Errorf("it is not recorded since when: %v", taint)
		}
	}
	w.eventually("the pod is not ready", func() bool { return w.pod("php").Status.Conditions[0].Status == v1.ConditionFalse })

	w.eventually("the framework sees the taint", func() bool { // the fake API has no versions to tell by
		n, seen, err := w.frame.watches.nodes.GetStore().GetByKey("host-s1")
		return err == nil && seen && hasTaint(n.(*v1.Node), v1.TaintNodeUnreachable, v1.TaintEffectNoExecute)
	})
	w.update(tasks[0], mesospb.TaskState_TASK_RUNNING)
	w.eventually("the taints go", func() bool { return len(w.node("host-s1").Spec.Taints) == 0 })
}

// An agent whose maintenance is near takes no new pods and is emptied; one whose
// maintenance is far off works as usual.
func TestMaintenance(t *testing.T) {
	t.Parallel()
	w := newHarness(t)
	evicted := make(chan string, 10)
	w.client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
		if a.GetSubresource() != "eviction" {
			return false, nil, nil
		}
		e := a.(k8stesting.CreateAction).GetObject().(*policyv1.Eviction)
		evicted <- e.Name
		return true, e, w.client.Tracker().Delete(v1.SchemeGroupVersion.WithResource("pods"), e.Namespace, e.Name)
	})
	w.start()
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.update(tasks[0], mesospb.TaskState_TASK_RUNNING)
	w.call(mesospb.SchedulerCall_ACKNOWLEDGE)

	w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_INVERSE_OFFERS.Enum(), InverseOffers: &mesospb.SchedulerEvent_InverseOffers{
		InverseOffers: []*mesospb.InverseOffer{
			{Id: &mesospb.OfferID{Value: proto.String("i1")}, AgentId: tasks[0].AgentId, Unavailability: unavailable(time.Now().Add(5 * time.Minute))},
			{Id: &mesospb.OfferID{Value: proto.String("i2")}, Unavailability: unavailable(time.Now())}, // of no agent of ours
		},
	}})
	accepted := w.call(mesospb.SchedulerCall_ACCEPT_INVERSE_OFFERS).GetAcceptInverseOffers()
	if got := len(accepted.GetInverseOfferIds()); got != 2 {
		t.Errorf("accepted %d inverse offers of 2", got)
	}
	if got := receive(t, evicted, "an eviction"); got != "php" {
		t.Errorf("evicted %s", got)
	}
	w.eventually("the Node is tainted", func() bool {
		return hasTaint(w.node("host-s1"), nodes.TaintMaintenance, v1.TaintEffectNoSchedule)
	})

	soon := func(o *mesospb.Offer) { o.Unavailability = unavailable(time.Now().Add(30 * time.Minute)) }
	later := func(o *mesospb.Offer) { o.Unavailability = unavailable(time.Now().Add(5 * time.Hour)) }
	w.offers(has("S2", four, soon), has("S3", four, later))
	w.post(makePod("next"))
	if _, tasks := w.launch(); tasks[0].GetAgentId().GetValue() != "S3" {
		t.Errorf("launched on %v", tasks[0].GetAgentId())
	}
}
