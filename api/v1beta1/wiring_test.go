package v1beta1

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// However the API server's index looks, v1beta1 is in ours.
func TestIndex(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code int
		body string
		want []string
	}{
		"usual":    {http.StatusOK, `{"kind":"APIVersions","versions":["v1"],"x":1}`, []string{"v1", "v1beta1"}},
		"empty":    {http.StatusOK, `{}`, []string{"v1beta1"}},
		"null":     {http.StatusOK, `null`, []string{"v1beta1"}},
		"garbage":  {http.StatusOK, `garbage`, []string{"v1beta1"}},
		"an error": {http.StatusForbidden, `{"versions":["no"]}`, []string{"v1beta1"}},
	} {
		api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.code)
			io.WriteString(w, c.body)
		})
		var got struct{ Versions []string }
		w := ask(NewHandler(api, Options{}), http.MethodGet, "/api/", "")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || !slices.Equal(got.Versions, c.want) {
			t.Errorf("%s: %d %s (%v), want %q", name, w.Code, w.Body, err, c.want)
		}
	}
}

// Core may answer a deletion with a Status, though the object is still there: the client
// gets the object.
func TestDeletionAnsweredWithStatus(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]bool{"still there": false, "gone": true} {
		api := newFakeAPI()
		pod := testPod("p", nil)
		pod.Finalizers = []string{"x"}
		if !gone {
			api.store("ADDED", pod)
		}
		front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				api.write(w, http.StatusOK, &metav1.Status{Status: metav1.StatusSuccess})
				return
			}
			api.ServeHTTP(w, r)
		})
		w := ask(NewHandler(front, Options{}), http.MethodDelete, "/api/v1beta1/pods/p", "")
		if gone {
			if s := statusIn(t, w); w.Code != http.StatusNotFound || s.Message != `pods "p" not found` {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			continue
		}
		wantObject(t, w, http.StatusOK, "Pod", "/api/v1beta1/pods/p?namespace=default")
	}
}

// An answer of another type than core has is an error, and no panic.
func TestUnexpectedAnswers(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		api.write(w, http.StatusOK, &metav1.Status{Status: metav1.StatusSuccess})
	})
	h := NewHandler(api, Options{})
	for _, c := range []struct{ method, path, body string }{
		{"GET", "pods", ""}, {"GET", "pods/p", ""}, {"GET", "redirect/pods/p", ""}, {"DELETE", "pods/p", ""},
		{"POST", "secrets", `{"id":"s"}`}, {"PUT", "secrets/s", `{"id":"s"}`}, {"PATCH", "secrets/s", `{}`},
	} {
		if w := ask(h, c.method, "/api/v1beta1/"+c.path, c.body); w.Code != http.StatusInternalServerError || statusIn(t, w).Reason != "InternalError" {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
}

// Watchers of one path share their events, and those of another path have other links.
func TestWatchersShareFrames(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	pod := testPod("a", nil)
	pod.UID, pod.ResourceVersion = "u", "7"
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		w.Write(framed("ADDED", api.encode(pod)))
	})
	h := NewHandler(api, Options{}).(*handler)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for range 3 {
		watchPath(t, server.URL+"/api/v1beta1/watch/pods").want("ADDED a 7")
		watchPath(t, server.URL+"/api/v1beta1/pods?watch=1").want("ADDED a 7")
	}
	if n, _ := h.frames.Size(); n != 1 {
		t.Errorf("%d frames are kept, want 1", n)
	}
}
