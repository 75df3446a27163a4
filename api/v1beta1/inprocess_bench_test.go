package v1beta1

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
)

// BenchmarkTranslateList measures the handler's own cost for a list of 500 pods: the API
// server's answer is precomputed.
func BenchmarkTranslateList(b *testing.B) {
	api := newFakeAPI()
	h := NewHandler(api, Options{})
	for i := range 500 {
		ask(h, http.MethodPost, "/api/v1beta1/pods", fmt.Sprintf(benchPaths[1].pod, fmt.Sprintf("p-%03d", i)))
	}
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/api/v1/pods", nil))
	ready := rec.Body.Bytes()
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", backend.ProtobufType)
		w.Write(ready)
	})
	b.ReportAllocs()
	for b.Loop() {
		if w := ask(h, http.MethodGet, "/api/v1beta1/pods", ""); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
