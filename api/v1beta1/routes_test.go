package v1beta1

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Which operation a path leads to, and for which object.
func TestRoutes(t *testing.T) {
	t.Parallel()
	h := NewHandler(newFakeAPI(), Options{}).(*handler)
	for path, want := range map[string]string{
		"pods":                            "GET list, POST create of pods ",
		"pods/":                           "GET list, POST create of pods ",
		"nodes":                           "GET list, POST create of minions ",
		"pods/p":                          "DELETE delete, GET get, PATCH patch, PUT put of pods p",
		"minions/m/":                      "DELETE delete, GET get, PATCH patch, PUT put of minions m",
		"pods/p/binding":                  "POST bind of pods p",
		"pods/p/status":                   "PUT putStatus of pods p",
		"namespaces/n/finalize":           "PUT putFinalize of namespaces n",
		"namespaces/n/status":             "PUT putStatus of namespaces n",
		"resourceQuotas/q/status":         "PUT putStatus of resourceQuotas q",
		"bindings":                        "POST bind of pods ",
		"bindings/":                       "POST bind of pods ",
		"watch/events":                    "GET watch of events ",
		"watch/pods/p":                    "GET watch of pods p",
		"redirect/services/s:web":         "GET redirect of services s:web",
		"proxy/minions/m":                 "DELETE proxy, GET proxy, POST proxy, PUT proxy of minions m/",
		"proxy/pods/p:80/a/b":             "DELETE proxy, GET proxy, POST proxy, PUT proxy of pods p:80/a/b",
		"proxy/pods/p:80/a/b/":            "DELETE proxy, GET proxy, POST proxy, PUT proxy of pods p:80/a/b/",
		"proxy/pods/p/":                   "DELETE proxy, GET proxy, POST proxy, PUT proxy of pods p/",
		"replicationControllers/rc":       "DELETE delete, GET get, PATCH patch, PUT put of replicationControllers rc",
		"":                                "none",
		"watch":                           "none",
		"watch/":                          "none",
		"podz":                            "none",
		"Pods":                            "none",
		"replicationcontrollers":          "none",
		"bindings/b":                      "none",
		"bindings/b/c":                    "none",
		"pods/p/x":                        "none",
		"services/s/status":               "none",
		"replicationControllers/r/status": "none",
		"pods/p/status/x":                 "none",
		"pods//status":                    "none",
		"watch/pods/p/x":                  "none",
		"redirect/pods":                   "none",
		"redirect/pods/p/x":               "none",
		"redirect/secrets/s":              "none",
		"proxy/pods":                      "none",
		"proxy/endpoints/e":               "none",
		"watch/watch/pods":                "none",
	} {
		at, ok := h.route(strings.Split(path, "/"))
		got := "none"
		if ok {
			got = operations(at.methods) + " of " + at.kind.describe().path + " " + at.id + at.rest
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// operations returns methods with the names of their operations.
func operations(m methods) string {
	var out []string
	for method, operation := range m {
		name := runtime.FuncForPC(reflect.ValueOf(operation).Pointer()).Name()
		out = append(out, method+" "+strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm"))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// A wrong method is answered with those that are right.
func TestAllow(t *testing.T) {
	t.Parallel()
	h := NewHandler(newFakeAPI(), Options{})
	for path, want := range map[string]string{
		"/api/v1beta1/pods": "GET, POST", "/api/v1beta1/pods/p": "DELETE, GET, PATCH, PUT", "/api/v1beta1/watch/pods": "GET",
		"/api/v1beta1/bindings": "POST", "/api/v1beta1/proxy/pods/p": "DELETE, GET, POST, PUT", "/validate": "GET",
	} {
		w := ask(h, http.MethodOptions, path, "")
		if s := statusIn(t, w); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != want ||
			s.Reason != "MethodNotAllowed" || s.Message != "OPTIONS is not offered at "+path+": use "+want {
			t.Errorf("%s: %d, %s, %s", path, w.Code, w.Header().Get("Allow"), s.Message)
		}
	}
}

// The rules of the parameter namespace.
func TestNamespaceOfRequests(t *testing.T) {
	t.Parallel()
	const missing = "namespace: the parameter is empty: name a namespace, or leave it out for \"default\""
	for request, want := range map[string]string{
		"GET pods":                         "",
		"GET pods?namespace=":              "",
		"GET pods?namespace=a&namespace=b": "a",
		"POST pods":                        "default",
		"POST pods?namespace=":             "",
		"GET pods/p":                       "default",
		"GET pods/p?namespace=n":           "n",
		"GET pods/p?namespace=":            missing,
		"GET minions/m?namespace=n":        "",
		"POST namespaces":                  "",
		"GET pods?namespace=..":            `namespace ".." not found`,
		"GET pods/..":                      `pods ".." not found`,
		"GET minions/a%2fb":                `minion "a/b" not found`,
	} {
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, "http://localhost/"+path, nil)
		h := NewHandler(newFakeAPI(), Options{}).(*handler)
		at, ok := h.route(segments(r.URL))
		if !ok {
			t.Fatal(request)
		}
		c, err := h.call(httptest.NewRecorder(), r, at)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = c.req.namespace
		}
		if got != want {
			t.Errorf("%s: %q, want %q", request, got, want)
		}
	}
}

// A timeout is passed on in core's form, unless it is none.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"10s": "10s", "90s": "1m30s", "1m": "1m0s", "": "", "x": "", "0": "", "-1s": "", "10": ""} {
		q := &request{query: map[string][]string{"timeout": {text}}}
		if got := q.timeout().Get("timeout"); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Selectors are passed on in core's words, or refused with how they are written.
func TestSelectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind                  kind
		labels, fields        string
		wantLabels, wantField string
		err                   string
	}{
		{pods{}, "a=b,c in (d,e)", "", "a=b,c in (d,e)", "", ""},
		{pods{}, "", "name=p,DesiredState.Host!=m", "", "spec.nodeName!=m,metadata.name=p", ""},
		{pods{}, "a=b", "DesiredState.Status=Running", "a=b", "status.phase=Running", ""},
		{pods{}, "a==(", "", "", "", `labels: "a==(" is no selector: `},
		{pods{}, "", "name", "", "", `fields: "name" is no selector: `},
		{pods{}, "", "color=red", "", "", `fields: objects of kind Pod cannot be selected by "color"`},
		{secrets{}, "", "name=s", "", "", `fields: objects of kind Secret cannot be selected by "name"`},
	} {
		q := &request{kind: c.kind, names: c.kind.describe(), query: map[string][]string{"labels": {c.labels}, "fields": {c.fields}}}
		query, err := q.selectors()
		if (err != nil) != (c.err != "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%+v: %v", c, err)
		}
		if query.Get("labelSelector") != c.wantLabels || query.Get("fieldSelector") != c.wantField {
			t.Errorf("%+v: %v", c, query)
		}
	}
}

// Links have the form of the request.
func TestLinks(t *testing.T) {
	t.Parallel()
	a := &answer{names: pods{}.describe(), link: "/api/v1beta1/pods"}
	m := &answer{names: minions{}.describe(), link: "/api/v1beta1/nodes"}
	for want, got := range map[string]string{
		"/api/v1beta1/pods/p?namespace=n":   a.selfLink(&wire.Meta{ID: "p", Namespace: "n"}),
		"/api/v1beta1/pods?namespace=":      a.selfLink(&wire.Meta{}),
		"/api/v1beta1/pods/p?namespace=a+b": a.selfLink(&wire.Meta{ID: "p", Namespace: "a b"}),
		"/api/v1beta1/nodes/m":              m.selfLink(&wire.Meta{ID: "m", Namespace: "n"}),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// FuzzRoute reads arbitrary paths: a route has a kind and methods, and never an empty
// object where one is named.
func FuzzRoute(f *testing.F) {
	h := NewHandler(newFakeAPI(), Options{}).(*handler)
	for _, path := range []string{"pods", "pods/p", "watch/pods//", "proxy/minions/m/a//b/", "bindings", "/", "pods/%2F"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		parts := strings.Split(path, "/")
		at, ok := h.route(parts)
		if ok != (at.methods != nil) || ok && at.kind == nil {
			t.Fatalf("%q: %+v, %t", path, at, ok)
		}
		if ok && at.rest != "" && (at.id == "" || !strings.HasPrefix(at.rest, "/") || !strings.HasSuffix(path, strings.TrimPrefix(at.rest, "/"))) {
			t.Errorf("%q is proxied to %q of %q", path, at.rest, at.id)
		}
	})
}
