package controlplane

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
)

// With a full disk, requests that store something are refused with a Status that says
// why; all others are served.
func TestUnlessFull(t *testing.T) {
	t.Parallel()
	var why error
	resolver := &apirequest.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}
	h := unlessFull(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }), func() error { return why })
	const pods = "/api/v1/namespaces/default/pods"
	for _, row := range []struct {
		method, path string
		refused      bool
	}{
		{"POST", pods, true}, {"PUT", pods + "/p", true}, {"PATCH", pods + "/p/status", true},
		{"POST", pods + "/p/binding", true}, {"PUT", "/apis/coordination.k8s.io/v1/namespaces/n/leases/l", true},
		{"GET", pods, false}, {"GET", pods + "?watch=1", false}, {"DELETE", pods + "/p", false}, {"DELETE", pods, false},
		{"POST", pods + "/p/exec", false}, {"POST", pods + "/p/proxy/x", false}, {"POST", "/api/v1/namespaces/n/serviceaccounts/s/token", false},
		{"POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false}, {"POST", "/apis/authentication.k8s.io/v1/tokenreviews", false},
		{"GET", "/healthz", false}, {"POST", "/healthz", false},
	} {
		for _, why = range []error{nil, errors.New("full")} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(row.method, row.path, nil)
			info, err := resolver.NewRequestInfo(r)
			if err != nil {
				t.Fatal(err)
			}
			h.ServeHTTP(w, r.WithContext(apirequest.WithRequestInfo(r.Context(), info)))
			if why == nil || !row.refused {
				if w.Code != http.StatusOK {
					t.Errorf("%s %s: %d with %v", row.method, row.path, w.Code, why)
				}
				continue
			}
			var s metav1.Status
			if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 507 || s.Code != 507 || s.Reason != reasonDiskFull || s.Message != "full" {
				t.Errorf("%s %s: %d %s", row.method, row.path, w.Code, w.Body)
			}
		}
	}
}
