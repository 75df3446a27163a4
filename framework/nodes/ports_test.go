package nodes

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A Node shows the ports that its agent offers, and a conflict with node ports as long as
// there is one.
func TestPortConflict(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	offers := []resources.Range{{Begin: 30500, End: 32000}}
	conflict := Desired{Name: "n", Ports: offers, PortsTwice: []resources.Range{{Begin: 30500, End: 30999}}}
	n := conflict.object(now)
	if got := PortsOf(n); len(got) != 1 || got[0] != offers[0] {
		t.Errorf("the Node shows ports %v, in %v", got, n.Annotations)
	}
	if got := PortConflict(n); !strings.Contains(got, "[30500-30999]") {
		t.Errorf("the Node says %q", got)
	}
	if patch := conflict.statusPatch(n, now); strings.Contains(string(patch), "conditions") {
		t.Errorf("a known conflict is written again: %s", patch)
	}
	moved := conflict
	moved.PortsTwice = nil
	if patch := string(moved.statusPatch(n, now)); !strings.Contains(patch, `"status":"False"`) || !strings.Contains(patch, string(ConditionPortConflict)) {
		t.Errorf("the end of a conflict: %s", patch)
	}
	if patch := string(moved.statusPatch(moved.object(now), now)); strings.Contains(patch, string(ConditionPortConflict)) {
		t.Errorf("a Node that never had a conflict: %s", patch)
	}
	if got := PortsOf(&v1.Node{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{AnnotationPorts: "nonsense"}}}); got != nil {
		t.Errorf("nonsense is %v", got)
	}
}

// What an agent offered is not taken for the ports of the one that has its Node now, which may
// offer none.
func TestPortsAreTheAgents(t *testing.T) {
	t.Parallel()
	before := Desired{Name: "n", Agent: "S1", Ports: []resources.Range{{Begin: 30500, End: 32000}}}
	n := before.object(metav1.Now())
	silent := before
	silent.Ports = nil // as before the agent's first offer
	if silent.describe(n); len(PortsOf(n)) != 1 {
		t.Errorf("the agent's ports are forgotten: %v", n.Annotations)
	}
	next := silent
	next.Agent = "S2"
	if next.describe(n); PortsOf(n) != nil {
		t.Errorf("the next agent is said to offer %v", PortsOf(n))
	}
}
