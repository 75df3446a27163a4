package nodes

import (
	"reflect"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// View knows the Nodes as the API server has them, and what the core was told of
// each. It omits what matters to no pod's placement, such as a heartbeat. One
// goroutine uses it.
type View struct {
	nodes map[string]*v1.Node // as the API server has them
	told  map[string]*v1.Node // as the core was told last
}

// NewView returns a view without Nodes.
func NewView() *View { return &View{nodes: map[string]*v1.Node{}, told: map[string]*v1.Node{}} }

// Node returns a Node as the API server has it, or nil.
func (v *View) Node(name string) *v1.Node { return v.nodes[name] }

// Seen notes a Node that is new or has changed, and returns what Tell returns.
func (v *View) Seen(n *v1.Node) (tell *v1.Node, news bool) {
	v.nodes[n.Name] = n
	tell = new(*n)
	tell.Spec.Taints = withoutLifecycle(n.Spec.Taints) // an agent that is lost does not offer
	return v.news(tell)
}

// Deleted notes that a Node was deleted.
func (v *View) Deleted(name string) {
	delete(v.nodes, name)
	delete(v.told, name)
}

// Tell returns what the core should be told of a Node: as the API server has it, with
// what is desired, though that may not be written yet. It is no news when the core
// knows it already.
func (v *View) Tell(d Desired) (tell *v1.Node, news bool) {
	if n := v.nodes[d.Name]; n != nil {
		tell = n.DeepCopy()
		d.describe(tell)
	} else {
		tell = d.object(metav1.Now())
	}
	return v.news(tell)
}

func (v *View) news(n *v1.Node) (*v1.Node, bool) {
	if old := v.told[n.Name]; old != nil && old.Spec.Unschedulable == n.Spec.Unschedulable &&
		reflect.DeepEqual(old.Labels, n.Labels) && reflect.DeepEqual(old.Spec.Taints, n.Spec.Taints) &&
		reflect.DeepEqual(old.Status.Allocatable, n.Status.Allocatable) {
		return nil, false
	}
	v.told[n.Name] = n
	return n, true
}
