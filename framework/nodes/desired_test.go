package nodes

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Mesos' word on an agent, as its Node shows it.
func TestDesired(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		desired Desired
		status  v1.ConditionStatus // "": the kubelet's
		taints  []string
	}{
		"a kubelet is there":  {Desired{}, "", nil},
		"offers":              {Desired{Idle: true}, v1.ConditionTrue, nil},
		"lost":                {Desired{Lost: true, Idle: true}, v1.ConditionUnknown, []string{v1.TaintNodeUnreachable, v1.TaintNodeUnreachable}},
		"maintenance is near": {Desired{MaintenanceNear: true}, "", []string{TaintMaintenance}},
		"deactivated, lost":   {Desired{Lost: true, Deactivated: true}, v1.ConditionUnknown, []string{v1.TaintNodeUnreachable, v1.TaintNodeUnreachable, TaintDeactivated}},
	} {
		n := c.desired.object(metav1.Now())
		var keys []string
		for _, taint := range n.Spec.Taints {
			keys = append(keys, taint.Key)
			if (taint.Effect == v1.TaintEffectNoExecute) != (taint.TimeAdded != nil) {
				t.Errorf("%s: since when is unknown or superfluous: %v", name, taint)
			}
		}
		var status v1.ConditionStatus
		if len(n.Status.Conditions) > 0 {
			status = n.Status.Conditions[0].Status
		}
		if status != c.status || !slices.Equal(keys, c.taints) || n.Spec.Unschedulable != c.desired.Deactivated {
			t.Errorf("%s: ready %q, taints %v, unschedulable %t", name, status, keys, n.Spec.Unschedulable)
		}
		if len(taintsLost) != 2 {
			t.Fatal("a shared list of taints was changed")
		}
	}
}

// A cordon of the framework's ends with its reason; one of the user's stays.
func TestCordon(t *testing.T) {
	t.Parallel()
	ours, theirs := &v1.Node{}, &v1.Node{Spec: v1.NodeSpec{Unschedulable: true}}
	for _, n := range []*v1.Node{ours, theirs} {
		Desired{Deactivated: true}.describe(n)
		if !n.Spec.Unschedulable {
			t.Error("a deactivated agent's Node is schedulable")
		}
		Desired{}.describe(n)
		if n.Annotations[AnnotationCordoned] != "" || len(n.Spec.Taints) > 0 {
			t.Errorf("left on the Node: %v, %v", n.Annotations, n.Spec.Taints)
		}
	}
	if ours.Spec.Unschedulable {
		t.Error("the framework's cordon is still there")
	}
	if !theirs.Spec.Unschedulable {
		t.Error("the user's cordon is gone")
	}
}

// Existing taints keep the time since when they are there.
func TestTaintsKeepTheirTime(t *testing.T) {
	t.Parallel()
	then := metav1.Unix(1e9, 0)
	taints := []v1.Taint{{Key: v1.TaintNodeUnreachable, Effect: v1.TaintEffectNoExecute, TimeAdded: &then}, {Key: "mine", Effect: v1.TaintEffectNoExecute}}
	got := withOurTaints(taints, taintsLost, metav1.Now())
	if len(got) != 3 || got[0].TimeAdded != &then || got[1].Key != "mine" {
		t.Errorf("taints %v", got)
	}
	if got = withOurTaints(got, nil, metav1.Now()); len(got) != 1 || got[0].Key != "mine" {
		t.Errorf("when the agent is back: %v", got)
	}
}

// No patch is made without a change; the kubelet's part is left to it.
func TestStatusPatch(t *testing.T) {
	t.Parallel()
	want := Desired{Name: "n", Agent: "S1", IP: "10.0.0.1", Capacity: scheduler.Amount{CPU: 1000, Mem: 10, Disk: 20}, Idle: true}
	now := metav1.Now()
	if patch := want.statusPatch(want.object(now), now); patch != nil {
		t.Errorf("a Node as wanted is patched: %s", patch)
	}
	extended := want.object(now)
	extended.Status.Capacity["example.com/device"] = resource.MustParse("2")
	if patch := want.statusPatch(extended, now); patch != nil {
		t.Errorf("a Node with a resource of others is patched: %s", patch)
	}
	kubelet := want.object(now)
	kubelet.Status = v1.NodeStatus{NodeInfo: v1.NodeSystemInfo{KubeletVersion: "v1"}}
	var patch struct{ Status map[string]any }
	if err := json.Unmarshal(want.statusPatch(kubelet, now), &patch); err != nil {
		t.Fatal(err)
	}
	if len(patch.Status) != 1 || patch.Status["conditions"] == nil {
		t.Errorf("patch %v, want conditions alone", patch)
	}
	bare := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	for _, part := range []string{"conditions", "capacity", "allocatable", "addresses"} {
		if got := string(want.statusPatch(bare, now)); !strings.Contains(got, part) {
			t.Errorf("%s is not in %s", part, got)
		}
	}
}
