package podwriter

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// permanent marks an error that a retry cannot cure.
type permanent struct{ error }

// verdict returns the error of an attempt, and whether another attempt may succeed.
func verdict(err error) (_ error, again bool) {
	if p := (permanent{}); errors.As(err, &p) {
		return p.error, false
	}
	return err, err != nil && !hopeless(err)
}

// hopeless reports whether the API server understood a request and will never grant it.
func hopeless(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) ||
		apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) || apierrors.IsGone(err)
}

// Denied reports whether the API server does not allow a binding now, as a
// webhook or a quota may: another one may be allowed later.
func Denied(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) || apierrors.IsBadRequest(err)
}
