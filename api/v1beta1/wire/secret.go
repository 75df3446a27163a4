package wire

// Secret holds values for pods; they are base64 in JSON.
type Secret struct {
	Meta
	Data map[string][]byte `json:"data,omitempty"`
	Type string            `json:"type,omitempty"`
}
