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
