package wire

// Namespace is a scope for names.
type Namespace struct {
	Meta
	Labels map[string]string `json:"labels,omitempty"`
	Spec   NamespaceSpec     `json:"spec"`
	Status NamespaceStatus   `json:"status"`
}

// NamespaceSpec names those who must agree before a namespace can be removed.
type NamespaceSpec struct {
	Finalizers []string `json:"finalizers,omitempty"`
}

// NamespaceStatus is Active or Terminating.
type NamespaceStatus struct {
	Phase string `json:"phase,omitempty"`
}

// Secret holds values for pods; they are base64 in JSON.
type Secret struct {
	Meta
	Data map[string][]byte `json:"data,omitempty"`
	Type string            `json:"type,omitempty"`
}

// LimitRange bounds what a pod or container in a namespace may request.
type LimitRange struct {
	Meta
	Spec LimitRangeSpec `json:"spec"`
}

// LimitRangeSpec holds the bounds.
type LimitRangeSpec struct {
	Limits []LimitRangeItem `json:"limits"`
}

// LimitRangeItem bounds one type: Pod or Container.
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

// ResourceQuotaSpec holds the bounds.
type ResourceQuotaSpec struct {
	Hard ResourceList `json:"hard,omitempty"`
}

// ResourceQuotaStatus holds the bounds and the current use.
type ResourceQuotaStatus struct {
	Hard ResourceList `json:"hard,omitempty"`
	Used ResourceList `json:"used,omitempty"`
}

// DeleteOptions may be the body of a DELETE. The grace period never had an effect in
// v1beta1: deletion is immediate.
type DeleteOptions struct {
	Meta
	GracePeriodSeconds *int64 `json:"gracePeriodSeconds"`
}
