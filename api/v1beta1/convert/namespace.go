package convert

import (
	"maps"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// NamespaceFromCore converts a namespace. It leaves out the label with the
// namespace's name, which core itself adds.
func NamespaceFromCore(in *corev1.Namespace) *wire.Namespace {
	n := &wire.Namespace{
		Meta:   metaFromCore(&in.ObjectMeta),
		Labels: in.Labels,
		Status: wire.NamespaceStatus{Phase: string(in.Status.Phase)},
	}
	if nameLabelled(in) {
		n.Labels = maps.Clone(in.Labels)
		delete(n.Labels, corev1.LabelMetadataName)
	}
	for _, f := range in.Spec.Finalizers {
		n.Spec.Finalizers = append(n.Spec.Finalizers, string(f))
	}
	return n
}

func nameLabelled(n *corev1.Namespace) bool {
	return n.Name != "" && n.Labels[corev1.LabelMetadataName] == n.Name
}

// NamespaceToCore returns stored, changed to what the client sent except for
// the status.
func NamespaceToCore(in *wire.Namespace, stored *corev1.Namespace) *corev1.Namespace {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	labels := in.Labels
	if stored != nil && nameLabelled(stored) {
		labels = maps.Clone(in.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		labels[corev1.LabelMetadataName] = stored.Name
	}
	out.Labels = replaceMap(labels, out.Labels)
	out.Spec.Finalizers = replaceSlice(in.Spec.Finalizers, out.Spec.Finalizers,
		func(w *string, c *corev1.FinalizerName) bool { return *w == string(*c) },
		func(w *string, _ *corev1.FinalizerName) corev1.FinalizerName { return corev1.FinalizerName(*w) })
	return out
}

// NamespaceStatusToCore returns stored with the status that the client sent.
func NamespaceStatusToCore(in *wire.Namespace, stored *corev1.Namespace) *corev1.Namespace {
	out := orEmpty(stored)
	out.Status.Phase = corev1.NamespacePhase(in.Status.Phase)
	return out
}
