package nodes

import (
	"encoding/json"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// statusPatch returns the strategic merge patch that node's status needs, or
// nil. Capacity and addresses are the kubelet's once it has registered; the
// version in the patch keeps one that was not seen yet from being overruled.
func (d Desired) statusPatch(node *v1.Node, now metav1.Time) []byte {
	status := map[string]any{}
	var conditions []v1.NodeCondition
	if ready := d.ready(); !d.KubeletDecides() && !shows(node, ready) {
		conditions = append(conditions, ready.condition(now))
	}
	if c := d.portConflict(node, now); c != nil {
		conditions = append(conditions, *c)
	}
	if len(conditions) > 0 {
		status["conditions"] = conditions
	}
	if node.Status.NodeInfo.KubeletVersion == "" {
		want := d.object(now).Status
		if !has(node.Status.Capacity, want.Capacity) {
			status["capacity"], status["allocatable"] = want.Capacity, want.Allocatable
		}
		if !equality.Semantic.DeepEqual(node.Status.Addresses, want.Addresses) {
			status["addresses"] = append([]any{map[string]string{"$patch": "replace"}}, anys(want.Addresses)...)
		}
	}
	if len(status) == 0 {
		return nil
	}
	b, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": node.UID, "resourceVersion": node.ResourceVersion}, "status": status})
	if err != nil {
		panic(err) // plain API types
	}
	return b
}

// has reports whether all quantities are in a list, which may state others' resources, too.
func has(l, quantities v1.ResourceList) bool {
	for name, q := range quantities {
		if is, stated := l[name]; !stated || is.Cmp(q) != 0 {
			return false
		}
	}
	return true
}

func shows(n *v1.Node, r readiness) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == v1.NodeReady {
			return c.Status == r.status && c.Reason == r.reason
		}
	}
	return false
}

func anys[T any](s []T) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}
