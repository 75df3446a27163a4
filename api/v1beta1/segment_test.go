package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// recorded is an API server that records every requested path and query, and ends each
// watch as soon as it has begun. There is nothing behind its proxy.
type recorded struct {
	*fakeAPI
	paths   []string
	methods []string
	queries []url.Values
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.paths = append(r.paths, req.URL.Path)
	r.methods = append(r.methods, req.Method)
	r.queries = append(r.queries, req.URL.Query())
	if p, _ := parsePlace(req.URL.Path); p.sub == "proxy" {
		return
	}
	if req.URL.Query().Get("watch") != "" {
		w.Header().Set("Content-Type", backend.ProtobufType+";stream=watch")
		w.WriteHeader(http.StatusOK)
		return
	}
	r.fakeAPI.ServeHTTP(w, req)
}

// A name that would address something else is answered as not found, and the API
// server is not called.
func TestNamesThatArePaths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path, body string }{
		{"DELETE", "pods/%2e", ""},
		{"DELETE", "pods/%2e%2e?namespace=u1", ""},
		{"DELETE", "services/..", ""},
		{"DELETE", "minions/%2e%2e", ""},
		{"DELETE", "nodes/.", ""},
		{"DELETE", "pods/p?namespace=..", ""},
		{"DELETE", "pods/p?namespace=a%2fb", ""},
		{"DELETE", "pods/p?namespace=.", ""},
		{"GET", "pods/%2e", ""},
		{"GET", "pods?namespace=..", ""},
		{"GET", "pods?watch=true&namespace=..", ""},
		{"GET", "watch/pods?namespace=..%2f..%2fnodes", ""},
		{"GET", "pods/a%25b", ""},
		{"GET", "pods/a%88b", ""},
		{"PUT", "pods/%2e%2e", `{"kind":"Pod","id":".."}`},
		{"PATCH", "pods/..", `{}`},
		{"PUT", "namespaces/../finalize", `{}`},
		{"PUT", "pods/../status", `{}`},
		{"POST", "pods?namespace=..", fmt.Sprintf(smallPod, "p", "")},
		{"POST", "bindings", `{"kind":"Binding","podID":"..","host":"m"}`},
		{"POST", "bindings", `{"kind":"Binding","podID":"a/../../x","host":"m"}`},
		{"POST", "pods/../binding", `{"kind":"Binding","host":"m"}`},
		{"GET", "proxy/pods/%2e%2e/x", ""},
		{"GET", "proxy/pods/..:80/x", ""},
		{"GET", "proxy/pods/:80/x", ""},
		{"GET", "redirect/services/..", ""},
		{"PUT", "pods/p%2Fstatus", `{"kind":"Pod","id":"p"}`},
		{"DELETE", "pods/p%2fbinding", ""},
		{"GET", "pods%2Fp", ""},
		{"GET", "watch%2Fpods", ""},
		{"GET", "watch/pods/a%2Fb", ""},
		{"GET", "proxy/pods/p%2Fx/y", ""},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			t.Parallel()
			api := &recorded{fakeAPI: newFakeAPI()}
			w := ask(NewHandler(api, Options{}), c.method, "/api/v1beta1/"+c.path, c.body)
			var s wire.Status
			if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusNotFound || s.APIVersion != wire.APIVersion {
				t.Errorf("%d %v %s, want a Status 404", w.Code, err, w.Body)
			}
			if len(api.paths) > 0 {
				t.Errorf("the API server was asked for %q", api.paths)
			}
		})
	}
}

// A watch of one object selects it by its whole name, whatever it contains.
func TestWatchOfOneNameAlone(t *testing.T) {
	t.Parallel()
	const name = "a,metadata.name!=b"
	api := &recorded{fakeAPI: newFakeAPI()}
	ask(NewHandler(api, Options{}), http.MethodGet, "/api/v1beta1/watch/pods/"+url.PathEscape(name)+"?fields=DesiredState.Host%3Dm", "")
	if len(api.queries) != 1 {
		t.Fatalf("asked for %q", api.paths)
	}
	text := api.queries[0].Get("fieldSelector")
	selector, err := fields.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := selector.RequiresExactMatch("metadata.name"); got != name || len(selector.Requirements()) != 2 {
		t.Errorf("the selector is %q, want the name %q and the host", text, name)
	}
}

// The path of a proxied request cannot lead out of the proxy.
func TestProxiedPathStaysBelow(t *testing.T) {
	t.Parallel()
	api := &recorded{fakeAPI: newFakeAPI()}
	api.store("ADDED", testPod("p", nil))
	w := ask(NewHandler(api, Options{}), http.MethodGet, "/api/v1beta1/proxy/pods/p/%2e%2e/%2e%2e/q", "")
	if w.Code != http.StatusNotFound || len(api.paths) != 1 || api.paths[0] != "/api/v1/namespaces/default/pods/p" {
		t.Errorf("%d, asked for %q, want a look at the pod alone", w.Code, api.paths)
	}
}

// A request on behalf of a client impersonates the same user as the client.
func TestImpersonation(t *testing.T) {
	t.Parallel()
	var got http.Header
	h := NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header }), Options{})
	ask(h, http.MethodGet, "/api/v1beta1/pods/p", "", "Impersonate-User", "u1", "Impersonate-Group", "g", "Impersonate-Extra-Scopes", "s", "X-Other", "x")
	for name, want := range map[string]string{"Impersonate-User": "u1", "Impersonate-Group": "g", "Impersonate-Extra-Scopes": "s", "X-Other": ""} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
}

// The link of a list has the form of its request.
func TestListLink(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"pods": "/api/v1beta1/pods?namespace=", "pods/": "/api/v1beta1/pods/?namespace=", "minions/": "/api/v1beta1/minions/",
	} {
		w := ask(NewHandler(newFakeAPI(), Options{}), http.MethodGet, "/api/v1beta1/"+path, "")
		var list struct{ SelfLink string }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || list.SelfLink != want {
			t.Errorf("%s: selfLink %q (%v), want %q", path, list.SelfLink, err, want)
		}
	}
}

// discard is a client that reads no answer.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
