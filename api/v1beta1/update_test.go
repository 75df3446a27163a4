package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

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
