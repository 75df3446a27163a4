package v1beta1

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

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
