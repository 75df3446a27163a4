package framework

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/nodes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An agent that offers node ports of services is used all the same, and its Node says what
// is wrong: as a condition, and once as an event.
func TestAgentOffersNodePorts(t *testing.T) {
	t.Parallel()
	nodePorts := func(c *Config) { c.NodePorts = []resources.Range{{Begin: 30000, End: 30999}} }
	w := newHarness(t).start(nodePorts)
	w.offers(has("m-S1", "cpus:4;mem:4096;ports:[30900-31000]"))
	w.eventually("the Node shows the conflict", func() bool {
		n := w.node("host-m-s1")
		return n != nil && strings.Contains(nodes.PortConflict(n), "[30900-30999]") && n.Annotations[nodes.AnnotationPorts] == "[30900-31000]"
	})
	conflicts := func() (found []v1.Event) {
		all, err := w.client.CoreV1().Events("").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all.Items {
			if e.Reason == string(nodes.ConditionPortConflict) {
				found = append(found, e)
			}
		}
		return found
	}
	w.eventually("an event", func() bool { return len(conflicts()) > 0 })
	if all := conflicts(); len(all) != 1 || all[0].Count > 1 || all[0].InvolvedObject.Name != "host-m-s1" || all[0].Type != v1.EventTypeWarning {
		t.Errorf("%+v", all)
	}

	next := has("m-S2", "cpus:4;mem:4096", at("host-m-S1", 5051)) // the agent started anew, without ports
	apart := func() bool {
		n := w.node("host-m-s1")
		return n.Annotations[nodes.AnnotationAgent] == "m-S2" && nodes.PortConflict(n) == ""
	}
	w.offers(next)
	w.eventually("the end of the conflict", apart)
	w.kill()
	w.start(nodePorts)
	w.offers(next, has("m-S3", four))
	w.eventually("another Node", func() bool { return w.node("host-m-s3") != nil })
	if !apart() || nodes.PortsOf(w.node("host-m-s1")) != nil {
		t.Errorf("after a restart the Node has %v, %v", w.node("host-m-s1").Annotations, w.node("host-m-s1").Status.Conditions)
	}
}
