package controlplane

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Until the control plane is ready, callers of the local port are told to retry;
// requests on the secure port are served.
func TestUnlessStarting(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	api := unlessStarting(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ready)
	get := func(h http.Handler) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/pods", nil))
		return w
	}
	early := get(markLocal(api))
	if early.Code != http.StatusServiceUnavailable || early.Header().Get("Retry-After") == "" || !strings.Contains(early.Body.String(), `"kind":"Status"`) {
		t.Errorf("too early: %d %v %s", early.Code, early.Header(), early.Body)
	}
	if w := get(api); w.Code != http.StatusOK {
		t.Errorf("on the secure port: %d", w.Code)
	}
	close(ready)
	if w := get(markLocal(api)); w.Code != http.StatusOK {
		t.Errorf("when it is ready: %d", w.Code)
	}
}
