package backend

import (
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Error is a refusal by the API server.
type Error struct{ Status metav1.Status }

func (e *Error) Error() string { return e.Status.Message }

// Reason returns the reason of a refusal, or "" for any other error.
func Reason(err error) metav1.StatusReason {
	var e *Error
	if errors.As(err, &e) {
		return e.Status.Reason
	}
	return ""
}

// NamespaceMissing reports whether an object could not be created because its namespace
// does not exist.
func NamespaceMissing(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status.Reason == metav1.StatusReasonNotFound &&
		e.Status.Details != nil && e.Status.Details.Kind == "namespaces"
}
