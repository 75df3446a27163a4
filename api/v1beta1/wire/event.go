package wire

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Event is something that happened to an object. Timestamp is the older name
// of FirstTimestamp.
type Event struct {
	Meta
	InvolvedObject ObjectReference `json:"involvedObject"`
	Status         string          `json:"status,omitempty"` // accepted, never written
	Reason         string          `json:"reason,omitempty"`
	Message        string          `json:"message,omitempty"`
	Source         string          `json:"source,omitempty"`
	Host           string          `json:"host,omitempty"`
	Timestamp      metav1.Time     `json:"timestamp"`
	FirstTimestamp metav1.Time     `json:"firstTimestamp"`
	LastTimestamp  metav1.Time     `json:"lastTimestamp"`
	Count          int             `json:"count,omitempty"`
}
