package wire

// Namespace is a space of names.
type Namespace struct {
	Meta
	Labels map[string]string `json:"labels,omitempty"`
	Spec   NamespaceSpec     `json:"spec"`
	Status NamespaceStatus   `json:"status"`
}

// NamespaceSpec names who must agree before a namespace can go.
type NamespaceSpec struct {
	Finalizers []string `json:"finalizers,omitempty"`
}

// NamespaceStatus is Active or Terminating.
type NamespaceStatus struct {
	Phase string `json:"phase,omitempty"`
}

// Secret is values that pods may use; JSON shows them in base64.
type Secret struct {
	Meta
	Data map[string][]byte `json:"data,omitempty"`
	Type string            `json:"type,omitempty"`
}

// LimitRange bounds what a pod or a container of a namespace may ask for.
type LimitRange struct {
	Meta
	Spec LimitRangeSpec `json:"spec"`
}

// LimitRangeSpec is the bounds.
type LimitRangeSpec struct {
	Limits []LimitRangeItem `json:"limits"`
}

// LimitRangeItem bounds one type of thing: Pod or Container.
type LimitRangeItem struct {
	Type    string       `json:"type,omitempty"`
	Max     ResourceList `json:"max,omitempty"`
	Min     ResourceList `json:"min,omitempty"`
	Default ResourceList `json:"default,omitempty"`
}

// ResourceQuota bounds what a whole namespace may use.
type ResourceQuota struct {
	Meta
	Labels map[string]string   `json:"labels,omitempty"`
	Spec   ResourceQuotaSpec   `json:"spec"`
	Status ResourceQuotaStatus `json:"status"`
}

// ResourceQuotaSpec is the bounds.
type ResourceQuotaSpec struct {
	Hard ResourceList `json:"hard,omitempty"`
}

// ResourceQuotaStatus is the bounds, and what is used of them.
type ResourceQuotaStatus struct {
	Hard ResourceList `json:"hard,omitempty"`
	Used ResourceList `json:"used,omitempty"`
}

// DeleteOptions may be the body of a DELETE. The grace period never had an
// effect in v1beta1: deletion is at once.
type DeleteOptions struct {
	Meta
	GracePeriodSeconds *int64 `json:"gracePeriodSeconds"`
}
