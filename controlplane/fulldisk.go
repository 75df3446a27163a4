package controlplane

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/sets"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
)

// reasonDiskFull is the Status reason in answers to requests that cannot be stored.
const reasonDiskFull metav1.StatusReason = "InsufficientStorage"

// unlessFull passes requests to api. While full returns an error, requests that would
// store something are answered with 507 and that error; full may be nil. It runs
// after authorization, so unauthorized callers learn nothing about the disk.
func unlessFull(api http.Handler, full func() error) http.Handler {
	if full == nil {
		return api
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := full()
		if info, ok := apirequest.RequestInfoFrom(r.Context()); err == nil || !ok || !stores(info) {
			api.ServeHTTP(w, r)
			return
		}
		writeStatus(w, metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
			Status:   metav1.StatusFailure, Reason: reasonDiskFull, Code: http.StatusInsufficientStorage, Message: err.Error(),
		})
	})
}

// Posts to these are answered but not stored.
var (
	questions  = sets.New("authorization.k8s.io", "authentication.k8s.io")
	connecting = sets.New("exec", "attach", "portforward", "proxy", "token")
)

// stores reports whether a request stores something. Deletions are let through since
// they may free space; the little that they need is available.
func stores(r *apirequest.RequestInfo) bool {
	switch r.Verb {
	case "create", "update", "patch":
		return r.IsResourceRequest && !questions.Has(r.APIGroup) && !connecting.Has(r.Subresource)
	}
	return false
}

func writeStatus(w http.ResponseWriter, s metav1.Status) {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain values
	}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(int(s.Code))
	_, _ = w.Write(b) // the caller may be gone
}
