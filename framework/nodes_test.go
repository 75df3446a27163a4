package framework

import (
	"slices"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	k8stesting "k8s.io/client-go/testing"
)

func ready(n *v1.Node) v1.NodeCondition {
	if n != nil {
		for _, c := range n.Status.Conditions {
			if c.Type == v1.NodeReady {
				return c
			}
		}
	}
	return v1.NodeCondition{}
}

func (w *harness) nodeShows(name, reason string) {
	w.Helper()
	w.eventually("node "+name+" shows "+reason, func() bool { return ready(w.node(name)).Reason == reason })
}

// A Node exists from its agent's first offer on, and can take pods although
// admission taints every new one.
func TestNodeCreated(t *testing.T) {
	t.Parallel()
	w := newHarness(t)
	w.client.PrependReactor("create", "nodes", func(a k8stesting.Action) (bool, runtime.Object, error) {
		n := a.(k8stesting.CreateAction).GetObject().(*v1.Node)
		n.Spec.Taints = append(n.Spec.Taints, v1.Taint{Key: v1.TaintNodeNotReady, Effect: v1.TaintEffectNoSchedule})
		return false, nil, nil
	})
	w.start()
	rack := func(o *mesospb.Offer) {
		o.Attributes = []*mesospb.Attribute{{Name: proto.String("rack"), Type: mesospb.Value_TEXT.Enum(), Text: &mesospb.Value_Text{Value: proto.String("r1")}}}
	}
	w.offers(has("m-S1", four+";disk:1000", rack))
	w.eventually("the taint goes", func() bool { n := w.node("host-m-s1"); return n != nil && len(n.Spec.Taints) == 0 })
	n := w.node("host-m-s1")
	if n.Labels["mesos.attribute/rack"] != "r1" || n.Labels[v1.LabelHostname] != "host-m-s1" || n.Annotations[nodes.AnnotationAgent] != "m-S1" {
		t.Errorf("labels %v, annotations %v", n.Labels, n.Annotations)
	}
	if c := ready(n); c.Status != v1.ConditionTrue || c.Reason != "MesosAgentOffers" {
		t.Errorf("ready: %+v", c)
	}
	if c := n.Status.Allocatable; c.Cpu().Value() != 4 || c.Memory().Value() != 4096<<20 || c.StorageEphemeral().Value() != 1000<<20 {
		t.Errorf("allocatable %v", c)
	}
	if !slices.Contains(n.Status.Addresses, v1.NodeAddress{Type: v1.NodeInternalIP, Address: "10.1.0.7"}) {
		t.Errorf("addresses %v", n.Status.Addresses)
	}
	w.post(makePod("picky", func(p *v1.Pod) { p.Spec.NodeSelector = map[string]string{"mesos.attribute/rack": "r1"} }))
	if _, tasks := w.launch(); tasks[0].GetAgentId().GetValue() != "m-S1" {
		t.Errorf("launched %v", tasks)
	}
}

// Mesos says whether a node is ready, then the kubelet, then Mesos again.
func TestNodeReadiness(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	w.eventually("the Node", func() bool { return w.node("host-s1") != nil })
	kubelet := w.node("host-s1").DeepCopy()
	kubelet.Status.NodeInfo.KubeletVersion = "v1"
	kubelet.Status.Conditions = []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady"}}
	if _, err := w.client.CoreV1().Nodes().UpdateStatus(t.Context(), kubelet, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the kubelet is seen", func() bool {
		n, ok, _ := w.frame.watches.nodes.GetStore().GetByKey("host-s1")
		return ok && n.(*v1.Node).Status.NodeInfo.KubeletVersion == "v1"
	})
	failure := func(executor *mesospb.ExecutorID) {
		w.mesos.Event(&mesospb.SchedulerEvent{Type: mesospb.SchedulerEvent_FAILURE.Enum(), Failure: &mesospb.SchedulerEvent_Failure{
			AgentId: tasks[0].AgentId, ExecutorId: executor,
		}})
	}
	failure(nil)
	w.nodeShows("host-s1", "MesosAgentLost")
	if got := ready(w.node("host-s1")).Status; got != v1.ConditionUnknown {
		t.Errorf("a lost agent's node is ready: %s", got)
	}
	w.offers(has("S1", "cpus:1;mem:512", withExecutor))
	if err := w.client.CoreV1().Pods("default").Delete(t.Context(), "php", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	failure(tasks[0].Executor.ExecutorId)
	w.update(tasks[0], mesospb.TaskState_TASK_FAILED)
	w.offers(has("S1", four))
	w.nodeShows("host-s1", "MesosAgentOffers")
}

// Offers that bring nothing new cause no write.
func TestNodeQuiet(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	w.offers(has("S1", four))
	w.nodeShows("host-s1", "MesosAgentOffers")
	writes := func() (n int) {
		for _, a := range w.client.Actions() {
			if a.GetResource().Resource == "nodes" && !slices.Contains([]string{"get", "list", "watch"}, a.GetVerb()) {
				n++
			}
		}
		return n
	}
	before := writes()
	for range 100 {
		w.offers(has("S1", "cpus:1;mem:100"))
	}
	w.offers(has("S2", four)) // written after all that
	w.nodeShows("host-s2", "MesosAgentOffers")
	if got := writes(); got != before+1 {
		t.Errorf("%d writes to nodes, want one for the new one", got-before)
	}
}

// What a user does to a Node counts: a cordon keeps pods away.
func TestNodeCordoned(t *testing.T) {
	t.Parallel()
	w := newHarness(t, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "host-s1", Annotations: map[string]string{nodes.AnnotationAgent: "S1"}}, Spec: v1.NodeSpec{Unschedulable: true}})
	w.start()
	w.post(makePod("php"))
	w.offers(has("S1", four), has("S2", four))
	if _, tasks := w.launch(); tasks[0].GetAgentId().GetValue() != "S2" {
		t.Errorf("launched on a cordoned node: %v", tasks)
	}
}
