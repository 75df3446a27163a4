package claims

import (
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/storage/volume"
)

// VolumeName returns the name of the volume that is made for a claim. No other claim's
// volume ever has it.
func VolumeName(c *v1.PersistentVolumeClaim) string { return "pvc-" + string(c.UID) }

// ClaimUID returns the uid of the claim for which a volume of that name is made.
func ClaimUID(volume string) types.UID { return types.UID(strings.TrimPrefix(volume, "pvc-")) }

// MadeBy reports whether a provisioner has made the volume.
func MadeBy(v *v1.PersistentVolume, provisioner string) bool {
	return v.Annotations[volume.AnnDynamicallyProvisioned] == provisioner
}

// NodeOf returns the one node whose volume it is; empty: there is not exactly one.
func NodeOf(v *v1.PersistentVolume) string {
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil || len(v.Spec.NodeAffinity.Required.NodeSelectorTerms) != 1 {
		return ""
	}
	for _, e := range v.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions {
		if e.Key == v1.LabelHostname && e.Operator == v1.NodeSelectorOpIn && len(e.Values) == 1 {
			return e.Values[0]
		}
	}
	return ""
}

// Source returns the name of the claim of whose volume a claim's is to be a copy; empty:
// it is to be empty, or filled from something else.
func Source(c *v1.PersistentVolumeClaim) string {
	if s := c.Spec.DataSource; s != nil && s.Kind == "PersistentVolumeClaim" && (s.APIGroup == nil || *s.APIGroup == "") {
		return s.Name
	}
	return ""
}
