package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// requested is an API server that records what is asked of it, as "METHOD path".
type requested struct {
	*fakeAPI
	requests []string
	// refuse, if set, may answer instead.
	refuse func(r *http.Request) *apierrors.StatusError
}

func (a *requested) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.requests = append(a.requests, r.Method+" "+r.URL.Path)
	if a.refuse != nil {
		if err := a.refuse(r); err != nil {
			s := err.Status()
			a.write(w, int(s.Code), &s)
			return
		}
	}
	a.fakeAPI.ServeHTTP(w, r)
}

// status reads an answer as a Status.
func statusIn(t *testing.T, w *httptest.ResponseRecorder) wire.Status {
	t.Helper()
	var s wire.Status
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return s
}

// inURL returns the query that puts an object of a kind into its namespace.
func inURL(k kind) string {
	if k.describe().namespaced {
		return "?namespace=n"
	}
	return ""
}

// nameOf returns the id in an object of fullObjects.
func nameOf(t *testing.T, path string) string {
	t.Helper()
	var m wire.Meta
	if err := json.Unmarshal([]byte(fullObjects[path]), &m); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

// Every kind is created, read, listed, changed and deleted in the same way; its
// peculiarities are in the quirks.
func TestEachKind(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(validate.Rules{}) {
		names := k.describe()
		t.Run(names.path, func(t *testing.T) {
			t.Parallel()
			h := NewHandler(newFakeAPI(), Options{})
			path, id := "/api/v1beta1/"+names.path, nameOf(t, names.path)
			item := path + "/" + id + inURL(k)

			created := ask(h, http.MethodPost, path+inURL(k), fullObjects[names.path])
			wantObject(t, created, http.StatusCreated, names.name, item)
			again := ask(h, http.MethodPost, path+inURL(k), fullObjects[names.path])
			if s := statusIn(t, again); again.Code != http.StatusConflict || s.Reason != "AlreadyExists" || s.Details.Kind != names.errorKind || s.Details.ID != id {
				t.Errorf("created twice: %d %s", again.Code, again.Body)
			}

			got := ask(h, http.MethodGet, item, "")
			wantObject(t, got, http.StatusOK, names.name, item)
			if got.Body.String() != created.Body.String() {
				t.Errorf("created as\n%s, read as\n%s", created.Body, got.Body)
			}
			wantList(t, ask(h, http.MethodGet, path+inURL(k), ""), names.name+"List", path+inURL(k), item)

			put := ask(h, http.MethodPut, item, got.Body.String())
			wantObject(t, put, http.StatusOK, names.name, item)
			patched := ask(h, http.MethodPatch, item, `{"annotations":{"new":"x"}}`)
			wantObject(t, patched, http.StatusOK, names.name, item)
			if !strings.Contains(patched.Body.String(), `"new": "x"`) {
				t.Errorf("patched: %s", patched.Body)
			}
			stale := ask(h, http.MethodPut, item, got.Body.String())
			if s := statusIn(t, stale); stale.Code != http.StatusConflict || s.Reason != "Conflict" || s.Details.Kind != names.errorKind {
				t.Errorf("an older version is put: %d %s", stale.Code, stale.Body)
			}

			deleted := ask(h, http.MethodDelete, item, "")
			if names.quirks.deleteAnswersObject {
				wantObject(t, deleted, http.StatusOK, names.name, item)
			} else if s := statusIn(t, deleted); deleted.Code != http.StatusOK || s.Kind != "Status" || s.Status != wire.Success || s.Code != http.StatusOK {
				t.Errorf("deleted: %d %s", deleted.Code, deleted.Body)
			}
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				gone := ask(h, method, item, "")
				if s := statusIn(t, gone); gone.Code != http.StatusNotFound || s.Details.Kind != names.errorKind || s.Message != fmt.Sprintf("%s %q not found", names.errorKind, id) {
					t.Errorf("%s when it is gone: %d %s", method, gone.Code, gone.Body)
				}
			}
		})
	}
}

func wantObject(t *testing.T, w *httptest.ResponseRecorder, code int, kind, link string) {
	t.Helper()
	var m wire.Meta
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if w.Code != code || m.Kind != kind || m.APIVersion != wire.APIVersion || m.SelfLink != link || m.ResourceVersion == 0 {
		t.Errorf("%d, %s of %s at %s, want %d, %s at %s\n%s", w.Code, m.Kind, m.APIVersion, m.SelfLink, code, kind, link, w.Body)
	}
}

// wantList wants a list with one item, which carries a link but no kind.
func wantList(t *testing.T, w *httptest.ResponseRecorder, kind, link, item string) {
	t.Helper()
	var l struct {
		wire.Meta
		Items []wire.Meta
	}
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	own := slices.IndexFunc(l.Items, func(m wire.Meta) bool { return m.SelfLink == item })
	if w.Code != http.StatusOK || l.Kind != kind || l.SelfLink != link || l.ResourceVersion == 0 || own < 0 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if m := l.Items[own]; m.Kind != "" || m.APIVersion != "" {
		t.Errorf("an item has the kind %s %s", m.APIVersion, m.Kind)
	}
}

// The backend's path of a kind has no namespace if the kind has none.
func TestCorePaths(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"/api/v1/pods":                                pods{}.describe().at(""),
		"/api/v1/namespaces/n/pods":                   pods{}.describe().at("n"),
		"/api/v1/namespaces/n/pods/p/binding":         pods{}.describe().at("n", "p", "binding"),
		"/api/v1/nodes/m":                             minions{}.describe().at("n", "m"),
		"/api/v1/namespaces/n/replicationcontrollers": backend.Path("n", "replicationcontrollers"),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
