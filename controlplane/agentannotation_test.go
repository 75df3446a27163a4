package controlplane

import (
	"maps"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/kubernetes/pkg/apis/core"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// A copy of a pod that runs loses what says that Mesos has its task. The mirror of a
// kubelet's own pod, and other annotations, stay as they are.
func TestAgentAnnotation(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, subresource string
		given, want       map[string]string
	}{
		{"a copy", "", map[string]string{taskdata.AgentAnnotation: "S0", "a": "b"}, map[string]string{"a": "b"}},
		{"a pod without annotations", "", nil, nil},
		{"a mirror", "", map[string]string{taskdata.AgentAnnotation: "S0", corev1.MirrorPodAnnotationKey: "m"}, map[string]string{taskdata.AgentAnnotation: "S0", corev1.MirrorPodAnnotationKey: "m"}},
		{"what is no pod's creation", "status", map[string]string{taskdata.AgentAnnotation: "S0"}, map[string]string{taskdata.AgentAnnotation: "S0"}},
	} {
		pod := &core.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: row.given}}
		pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
		a := admission.NewAttributesRecord(pod, nil, core.SchemeGroupVersion.WithKind("Pod"), "default", "p", pods, row.subresource, admission.Create, &metav1.CreateOptions{}, false, nil)
		if err := (agentAnnotation{}).Admit(t.Context(), a, nil); err != nil || !maps.Equal(pod.Annotations, row.want) {
			t.Errorf("%s: %v, %v, want %v", row.name, pod.Annotations, err, row.want)
		}
	}
}
