package wire

// DeleteOptions may be the body of a DELETE. The grace period never had an effect in
// v1beta1: deletion is immediate.
type DeleteOptions struct {
	Meta
	GracePeriodSeconds *int64 `json:"gracePeriodSeconds"`
}
