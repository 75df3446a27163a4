package convert

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

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
