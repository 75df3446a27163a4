package schedulerplugins

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// images say which nodes have which images, for ImageLocality. They are not gathered before
// a plugin is to score nodes: in a cluster whose pods prefer none, they cost nothing.
type images struct {
	byName map[string]*fwk.ImageStateSummary // nil: not gathered yet
}

// gather begins with what all nodes have.
func (i *images) gather(nodes map[string]*framework.NodeInfo) {
	if i.byName != nil {
		return
	}
	i.byName = map[string]*fwk.ImageStateSummary{}
	for _, n := range nodes {
		i.update(n, nil)
	}
}

// update records that a node is another than it was.
func (i *images) update(n *framework.NodeInfo, was *v1.Node) {
	if i.byName == nil || was != nil && n.Node() != nil && sameImages(was.Status.Images, n.Node().Status.Images) {
		return
	}
	for name, state := range n.ImageStates {
		if state.NumNodes--; state.NumNodes == 0 {
			delete(i.byName, name)
		}
	}
	n.ImageStates = map[string]*fwk.ImageStateSummary{}
	if n.Node() == nil {
		return
	}
	for _, image := range n.Node().Status.Images {
		for _, name := range image.Names {
			if n.ImageStates[name] == nil {
				n.ImageStates[name] = i.add(name, image.SizeBytes)
			}
		}
	}
}

func (i *images) add(name string, size int64) *fwk.ImageStateSummary {
	state := i.byName[name]
	if state == nil {
		state = &fwk.ImageStateSummary{Size: size}
		i.byName[name] = state
	}
	state.NumNodes++
	return state
}

func sameImages(a, b []v1.ContainerImage) bool {
	return slices.EqualFunc(a, b, func(x, y v1.ContainerImage) bool { return slices.Equal(x.Names, y.Names) })
}
