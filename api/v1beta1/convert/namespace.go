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

// SecretFromCore converts a secret.
func SecretFromCore(in *corev1.Secret) *wire.Secret {
	return &wire.Secret{Meta: metaFromCore(&in.ObjectMeta), Data: in.Data, Type: string(in.Type)}
}

// SecretToCore returns stored, changed to what the client sent.
func SecretToCore(in *wire.Secret, stored *corev1.Secret) *corev1.Secret {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	if len(in.Data) != 0 || len(out.Data) != 0 {
		out.Data = in.Data
	}
	out.Type = corev1.SecretType(in.Type)
	return out
}

// LimitRangeFromCore converts a limit range.
func LimitRangeFromCore(in *corev1.LimitRange) *wire.LimitRange {
	l := &wire.LimitRange{Meta: metaFromCore(&in.ObjectMeta)}
	for _, i := range in.Spec.Limits {
		l.Spec.Limits = append(l.Spec.Limits, wire.LimitRangeItem{
			Type: string(i.Type), Max: resourcesFromCore(i.Max), Min: resourcesFromCore(i.Min), Default: resourcesFromCore(i.Default),
		})
	}
	return l
}

// LimitRangeToCore returns stored, changed to what the client sent.
func LimitRangeToCore(in *wire.LimitRange, stored *corev1.LimitRange) *corev1.LimitRange {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.Spec.Limits = replaceSlice(in.Spec.Limits, out.Spec.Limits,
		func(w *wire.LimitRangeItem, c *corev1.LimitRangeItem) bool { return w.Type == string(c.Type) },
		func(w *wire.LimitRangeItem, c *corev1.LimitRangeItem) corev1.LimitRangeItem {
			i := orNew(c)
			i.Type = corev1.LimitType(w.Type)
			i.Max, i.Min, i.Default = resourcesToCore(w.Max, i.Max), resourcesToCore(w.Min, i.Min), resourcesToCore(w.Default, i.Default)
			return i
		})
	return out
}

// QuotaFromCore converts a resource quota.
func QuotaFromCore(in *corev1.ResourceQuota) *wire.ResourceQuota {
	return &wire.ResourceQuota{
		Meta:   metaFromCore(&in.ObjectMeta),
		Labels: in.Labels,
		Spec:   wire.ResourceQuotaSpec{Hard: resourcesFromCore(in.Spec.Hard)},
		Status: wire.ResourceQuotaStatus{Hard: resourcesFromCore(in.Status.Hard), Used: resourcesFromCore(in.Status.Used)},
	}
}

// QuotaToCore returns stored, changed to what the client sent except for the
// status.
func QuotaToCore(in *wire.ResourceQuota, stored *corev1.ResourceQuota) *corev1.ResourceQuota {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.Labels = replaceMap(in.Labels, out.Labels)
	out.Spec.Hard = resourcesToCore(in.Spec.Hard, out.Spec.Hard)
	return out
}

// QuotaStatusToCore returns stored with the status that the client sent.
func QuotaStatusToCore(in *wire.ResourceQuota, stored *corev1.ResourceQuota) *corev1.ResourceQuota {
	out := orEmpty(stored)
	out.Status.Hard = resourcesToCore(in.Status.Hard, out.Status.Hard)
	out.Status.Used = resourcesToCore(in.Status.Used, out.Status.Used)
	return out
}

// BindingToCore converts a binding of a pod to a host.
func BindingToCore(in *wire.Binding) *corev1.Binding {
	b := &corev1.Binding{Target: corev1.ObjectReference{Kind: "Node", Name: in.Host}}
	b.Name, b.Namespace, b.Annotations = in.PodID, in.Namespace, withoutAsSent(in.Annotations)
	return b
}
