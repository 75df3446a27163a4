package schedulerplugins

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Where images are is known as soon as somebody asks, and kept as Nodes report it.
func TestImages(t *testing.T) {
	t.Parallel()
	node := func(name string, images ...string) *v1.Node {
		return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1.NodeStatus{Images: []v1.ContainerImage{{Names: images, SizeBytes: 7}}}}
	}
	s := newSnapshot()
	s.setNode("a", node("a", "web:1", "web@sha256:1"))
	s.setNode("b", node("b", "web:1"))
	if len(s.byName["a"].ImageStates) > 0 {
		t.Error("images are gathered before anybody asks")
	}
	s.images.gather(s.byName)
	on := func(node, image string) int {
		if state := s.byName[node].ImageStates[image]; state != nil && state.Size == 7 {
			return state.NumNodes
		}
		return 0
	}
	if on("a", "web:1") != 2 || on("b", "web:1") != 2 || on("a", "web@sha256:1") != 1 || on("b", "web@sha256:1") != 0 {
		t.Errorf("gathered as %v", s.images.byName)
	}
	s.setNode("a", node("a", "db:1"))
	s.setNode("c", node("c", "db:1"))
	if on("a", "web:1") != 0 || on("b", "web:1") != 1 || on("a", "db:1") != 2 {
		t.Errorf("after a change: %v", s.images.byName)
	}
	for _, gone := range []string{"a", "b", "c"} {
		s.setNode(gone, nil)
	}
	if len(s.images.byName) > 0 {
		t.Errorf("images of nobody: %v", s.images.byName)
	}
}
