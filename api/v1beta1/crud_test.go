package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

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

// The quirks of 0.14, each by what it changes for a client.
func TestQuirks(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(validate.Rules{}) {
		names := k.describe()
		path, id := "/api/v1beta1/"+names.path, nameOf(t, names.path)
		t.Run(names.path, func(t *testing.T) {
			t.Parallel()
			h := NewHandler(newFakeAPI(), Options{})
			put := ask(h, http.MethodPut, path+"/"+id+inURL(k), fullObjects[names.path])
			if want := map[bool]int{true: http.StatusCreated, false: http.StatusNotFound}[names.quirks.putCreates]; put.Code != want {
				t.Errorf("PUT of a new object: %d, want %d %s", put.Code, want, put.Body)
			}
			if names.namespaced {
				other := ask(h, http.MethodPost, path+"?namespace=other", fullObjects[names.path])
				want := map[bool]string{true: "Conflict", false: "BadRequest"}[names.quirks.namespaceConflict]
				if s := statusIn(t, other); s.Reason != want || !strings.Contains(s.Message, `namespace: the body says "n" and the request "other"`) {
					t.Errorf("another namespace: %s %s, want %s", s.Reason, s.Message, want)
				}
			}
			nameless := ask(h, http.MethodPost, path+inURL(k), strings.Replace(fullObjects[names.path], `"id":"`+id+`",`, "", 1))
			want := map[bool]int{true: http.StatusCreated, false: http.StatusUnprocessableEntity}[names.quirks.uuidName]
			if nameless.Code != want {
				t.Errorf("POST without a name: %d, want %d %s", nameless.Code, want, nameless.Body)
			}
			ask(h, http.MethodPost, path+inURL(k), fullObjects[names.path])
			deleted := ask(h, http.MethodDelete, path+"/"+id+inURL(k), "[]")
			if want := map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[names.quirks.deleteReadsBody]; deleted.Code != want {
				t.Errorf("DELETE with a wrong body: %d, want %d %s", deleted.Code, want, deleted.Body)
			}
		})
	}
}

// A service's name is checked before anything is created, since core would allocate an
// address first.
func TestNameIsCheckedFirst(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"services": {"GET /api/v1/namespaces/n/services/s"},
		"secrets":  {"POST /api/v1/namespaces/n/secrets"},
	} {
		api := &requested{fakeAPI: newFakeAPI()}
		h := NewHandler(api, Options{})
		ask(h, http.MethodPost, "/api/v1beta1/"+path+"?namespace=n", fullObjects[path])
		api.requests = nil
		if w := ask(h, http.MethodPost, "/api/v1beta1/"+path+"?namespace=n", fullObjects[path]); w.Code != http.StatusConflict {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if !slices.Equal(api.requests, want) {
			t.Errorf("%s: %q, want %q", path, api.requests, want)
		}
	}
}

// A missing namespace is created with its first object; another client may do so at the
// same time.
func TestNamespaceIsCreated(t *testing.T) {
	t.Parallel()
	api := &requested{fakeAPI: newFakeAPI()}
	want := []string{"POST /api/v1/namespaces/n/secrets", "POST /api/v1/namespaces", "POST /api/v1/namespaces/n/secrets"}
	w := ask(NewHandler(api, Options{}), http.MethodPost, "/api/v1beta1/secrets?namespace=n", fullObjects["secrets"])
	if w.Code != http.StatusCreated || !slices.Equal(api.requests, want) {
		t.Errorf("%d after %q", w.Code, api.requests)
	}
	race := &requested{fakeAPI: newFakeAPI()}
	race.refuse = func(r *http.Request) *apierrors.StatusError {
		if r.Method == http.MethodPost && r.URL.Path == "/api/v1/namespaces" {
			race.fakeAPI.put("ADDED", "/namespaces/n", &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "n"}})
			return apierrors.NewAlreadyExists(schema.GroupResource{Resource: "namespaces"}, "n")
		}
		return nil
	}
	if w := ask(NewHandler(race, Options{}), http.MethodPost, "/api/v1beta1/secrets?namespace=n", fullObjects["secrets"]); w.Code != http.StatusCreated {
		t.Errorf("created by another client: %d %s", w.Code, w.Body)
	}
	refused := &requested{fakeAPI: newFakeAPI(), refuse: func(r *http.Request) *apierrors.StatusError {
		if r.URL.Path == "/api/v1/namespaces" {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "namespaces"}, "n", fmt.Errorf("no"))
		}
		return nil
	}}
	if w := ask(NewHandler(refused, Options{}), http.MethodPost, "/api/v1beta1/secrets?namespace=n", fullObjects["secrets"]); w.Code != http.StatusForbidden {
		t.Errorf("the namespace may not be created: %d %s", w.Code, w.Body)
	}
}

// A patch that names no version is tried again if another client was faster; one that
// does is not.
func TestPatchTries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patch     string
		conflicts int
		code      int
		puts      int
	}{
		"no conflict":     {`{"type":"x"}`, 0, http.StatusOK, 1},
		"a few conflicts": {`{"type":"x"}`, updateTries - 1, http.StatusOK, updateTries},
		"too many":        {`{"type":"x"}`, updateTries, http.StatusConflict, updateTries},
		"with a version":  {`{"type":"x","resourceVersion":%d}`, 1, http.StatusConflict, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &requested{fakeAPI: newFakeAPI()}
			h := NewHandler(api, Options{})
			var made wire.Meta
			if err := json.Unmarshal(ask(h, http.MethodPost, "/api/v1beta1/secrets?namespace=n", fullObjects["secrets"]).Body.Bytes(), &made); err != nil {
				t.Fatal(err)
			}
			puts := 0
			api.refuse = func(r *http.Request) *apierrors.StatusError {
				if r.Method != http.MethodPut {
					return nil
				}
				if puts++; puts <= c.conflicts {
					return apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, "s", fmt.Errorf("changed"))
				}
				return nil
			}
			patch := strings.Replace(c.patch, "%d", fmt.Sprint(made.ResourceVersion), 1)
			w := ask(h, http.MethodPatch, "/api/v1beta1/secrets/s?namespace=n", patch)
			if w.Code != c.code || puts != c.puts {
				t.Errorf("%d after %d updates, want %d after %d: %s", w.Code, puts, c.code, c.puts, w.Body)
			}
		})
	}
}

// The kind's name in an error for an invalid object differs for a new and an existing one.
func TestInvalidKinds(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(validate.Rules{}) {
		names := k.describe()
		t.Run(names.path, func(t *testing.T) {
			t.Parallel()
			api := &requested{fakeAPI: newFakeAPI()}
			h := NewHandler(api, Options{})
			path, id := "/api/v1beta1/"+names.path, nameOf(t, names.path)
			made := ask(h, http.MethodPost, path+inURL(k), fullObjects[names.path])
			api.refuse = func(r *http.Request) *apierrors.StatusError {
				if r.Method == http.MethodPost || r.Method == http.MethodPut {
					return apierrors.NewInvalid(schema.GroupKind{Kind: "X"}, id, nil)
				}
				return nil
			}
			changed := strings.Replace(made.Body.String(), `"id"`, `"annotations":{"new":"x"},"id"`, 1)
			changed = strings.Replace(changed, `"a": "b"`, `"a": "b", "new": "x"`, 1)
			if s := statusIn(t, ask(h, http.MethodPut, path+"/"+id+inURL(k), changed)); s.Details == nil || s.Details.Kind != names.updateInvalid {
				t.Errorf("an update: %+v, want the kind %s", s, names.updateInvalid)
			}
			other := strings.Replace(fullObjects[names.path], `"id":"`+id+`"`, `"id":"other"`, 1)
			if s := statusIn(t, ask(h, http.MethodPost, path+inURL(k), other)); s.Details == nil || s.Details.Kind != names.createInvalid {
				t.Errorf("a new object: %+v, want the kind %s", s, names.createInvalid)
			}
		})
	}
}

// Of controllers and minions, PUT writes object and status, each where core has it and
// only if it differs.
func TestStatusByPut(t *testing.T) {
	t.Parallel()
	type members map[string]any
	for name, c := range map[string]struct {
		change func(desired, current members)
		want   []string
	}{
		"nothing": {func(_, _ members) {}, nil},
		"object":  {func(desired, _ members) { desired["replicas"] = 5 }, []string{"PUT /api/v1/namespaces/n/replicationcontrollers/rc"}},
		"status":  {func(_, current members) { current["replicas"] = 2 }, []string{"PUT /api/v1/namespaces/n/replicationcontrollers/rc/status"}},
		"both": {func(desired, current members) { desired["replicas"], current["replicas"] = 5, 2 },
			[]string{"PUT /api/v1/namespaces/n/replicationcontrollers/rc", "PUT /api/v1/namespaces/n/replicationcontrollers/rc/status"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &requested{fakeAPI: newFakeAPI()}
			h := NewHandler(api, Options{})
			var rc struct {
				DesiredState, CurrentState members
			}
			made := ask(h, http.MethodPost, "/api/v1beta1/replicationControllers?namespace=n", fullObjects["replicationControllers"])
			var all members
			if err := json.Unmarshal(made.Body.Bytes(), &all); err != nil {
				t.Fatal(err)
			}
			rc.DesiredState, _ = all["desiredState"].(map[string]any)
			rc.CurrentState, _ = all["currentState"].(map[string]any)
			c.change(rc.DesiredState, rc.CurrentState)
			body, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			api.requests = nil
			w := ask(h, http.MethodPut, "/api/v1beta1/replicationControllers/rc?namespace=n", string(body))
			puts := slices.DeleteFunc(api.requests, func(r string) bool { return strings.HasPrefix(r, "GET ") })
			if w.Code != http.StatusOK || !slices.Equal(puts, c.want) {
				t.Errorf("%d after %q, want %q: %s", w.Code, puts, c.want, w.Body)
			}
			for text, state := range map[string]members{"desired": rc.DesiredState, "current": rc.CurrentState} {
				var shown struct{ DesiredState, CurrentState members }
				if err := json.Unmarshal(w.Body.Bytes(), &shown); err != nil {
					t.Fatal(err)
				}
				got := map[string]members{"desired": shown.DesiredState, "current": shown.CurrentState}[text]
				if fmt.Sprint(got["replicas"]) != fmt.Sprint(state["replicas"]) {
					t.Errorf("%s replicas are %v, want %v", text, got["replicas"], state["replicas"])
				}
			}
		})
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
