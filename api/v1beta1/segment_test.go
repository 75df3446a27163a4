package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// recorded is an API server that notes every path it is asked for.
type recorded struct {
	*fakeAPI
	paths []string
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.paths = append(r.paths, req.URL.Path)
	r.fakeAPI.ServeHTTP(w, req)
}

// A name that would address something else is answered as one that is not there,
// and the API server is not called.
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
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			t.Parallel()
			api := &recorded{fakeAPI: newFakeAPI()}
			w := ask(NewDoor(api, Options{}), c.method, "/api/v1beta1/"+c.path, c.body)
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

// What a proxied request asks of the pod cannot lead out of the proxy.
func TestProxiedPathStaysBelow(t *testing.T) {
	t.Parallel()
	api := &recorded{fakeAPI: newFakeAPI()}
	api.store("ADDED", testPod("p", nil))
	w := ask(NewDoor(api, Options{}), http.MethodGet, "/api/v1beta1/proxy/pods/p/%2e%2e/%2e%2e/q", "")
	if w.Code != http.StatusNotFound || len(api.paths) != 1 || api.paths[0] != "/api/v1/namespaces/default/pods/p" {
		t.Errorf("%d, asked for %q, want a look at the pod alone", w.Code, api.paths)
	}
}

// A request on behalf of a client impersonates whom the client does.
func TestImpersonation(t *testing.T) {
	t.Parallel()
	var got http.Header
	h := NewDoor(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header }), Options{})
	ask(h, http.MethodGet, "/api/v1beta1/pods/p", "", "Impersonate-User", "u1", "Impersonate-Group", "g", "Impersonate-Extra-Scopes", "s", "X-Other", "x")
	for name, want := range map[string]string{"Impersonate-User": "u1", "Impersonate-Group": "g", "Impersonate-Extra-Scopes": "s", "X-Other": ""} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
}

// A list is linked to as it was asked for.
func TestListLink(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"pods": "/api/v1beta1/pods?namespace=", "pods/": "/api/v1beta1/pods/?namespace=", "minions/": "/api/v1beta1/minions/",
	} {
		w := ask(NewDoor(newFakeAPI(), Options{}), http.MethodGet, "/api/v1beta1/"+path, "")
		var list struct{ SelfLink string }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || list.SelfLink != want {
			t.Errorf("%s: selfLink %q (%v), want %q", path, list.SelfLink, err, want)
		}
	}
}

// FuzzSegments asks for any name in any namespace by every route: each path that
// the API server sees addresses that name in that namespace, or nothing is called.
func FuzzSegments(f *testing.F) {
	for _, name := range []string{"p", "..", ".", "a/b", "%2e", "..:80", "a%2f..", "p\x00", "ü", "proxy"} {
		f.Add(uint8(0), name, "default")
		f.Add(uint8(3), "p", name)
	}
	routes := []string{"GET pods/", "DELETE services/", "PUT replicationControllers/", "PATCH endpoints/", "GET proxy/pods/", "GET redirect/services/",
		"DELETE minions/", "GET events/", "POST bindings", "DELETE namespaces/", "GET pods"}
	f.Fuzz(func(t *testing.T, route uint8, name, namespace string) {
		method, kind, _ := strings.Cut(routes[int(route)%len(routes)], " ")
		path := "/api/v1beta1/" + kind
		if strings.HasSuffix(kind, "/") {
			path += url.PathEscape(name)
		}
		id, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(method, "http://localhost"+path+"?namespace="+url.QueryEscape(namespace),
			strings.NewReader(fmt.Sprintf(`{"id":%s,"podID":%s}`, id, id)))
		if err != nil {
			t.Fatal(err)
		}
		api := &recorded{fakeAPI: newFakeAPI()}
		NewDoor(api, Options{}).ServeHTTP(discard{}, r)
		for _, p := range api.paths {
			checkPath(t, p, name, namespace)
		}
	})
}

// checkPath fails t if a path in core addresses another namespace or name.
func checkPath(t *testing.T, path, name, namespace string) {
	t.Helper()
	rest, ok := strings.CutPrefix(path, "/api/v1/")
	segments := strings.Split(rest, "/")
	if len(segments) > 2 && segments[0] == "namespaces" && segments[2] != "finalize" {
		ok = ok && segments[1] == namespace
		segments = segments[2:]
	}
	names := append(strings.Split(name, "/"), strings.ToValidUTF8(name, "\ufffd"))
	bare, _, _ := strings.Cut(names[0], ":")
	names = append(names, bare)
	if len(segments) > 1 {
		ok = ok && slices.Contains(names, segments[1])
	}
	if !ok || hasDotSegment(path) || strings.Contains(path, "//") {
		t.Errorf("name %q in namespace %q became %q", name, namespace, path)
	}
}

// discard is a client that reads no answer.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
