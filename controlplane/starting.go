package controlplane

import (
	"net/http"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// startRetry is the number of seconds after which an early caller may ask again.
const startRetry = 1

// unlessStarting passes requests to api. Before ready is closed, it answers those of
// the local port with 503: the API server would accept them, but refuse a pod whose
// namespace has no service account yet. This control plane's own parts use the secure
// port, and create that account.
func unlessStarting(api http.Handler, ready <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-ready:
		default:
			if r.Context().Value(localKey{}) != nil {
				refuseStarting(w)
				return
			}
		}
		api.ServeHTTP(w, r)
	})
}

func refuseStarting(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(startRetry))
	writeStatus(w, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Reason: metav1.StatusReasonServiceUnavailable, Code: http.StatusServiceUnavailable,
		Message: "the control plane is starting, and pods cannot be created yet: try again in a second",
		Details: &metav1.StatusDetails{RetryAfterSeconds: startRetry},
	})
}
