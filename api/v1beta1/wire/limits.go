package wire

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
