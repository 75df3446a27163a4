package convert

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// BindingToCore converts a binding of a pod to a host.
func BindingToCore(in *wire.Binding) *corev1.Binding {
	b := &corev1.Binding{Target: corev1.ObjectReference{Kind: "Node", Name: in.Host}}
	b.Name, b.Namespace, b.Annotations = in.PodID, in.Namespace, withoutOriginals(in.Annotations)
	return b
}
