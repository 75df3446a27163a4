package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

// fuzzRoutes holds every form of a route; the fuzzer fills in NAME and REST.
var fuzzRoutes = []string{
	"GET KIND", "POST KIND", "GET KIND?watch=true", "GET watch/KIND", "GET watch/KIND/NAME",
	"GET KIND/NAME", "PUT KIND/NAME", "PATCH KIND/NAME", "DELETE KIND/NAME",
	"PUT KIND/NAME/status", "PUT KIND/NAME/finalize", "POST KIND/NAME/binding", "POST bindings",
	"GET redirect/KIND/NAME", "GET proxy/KIND/NAME", "GET proxy/KIND/NAME/REST", "POST proxy/KIND/NAME/REST", "GET KIND/NAME/REST",
}

// fuzzed is one request of FuzzSegments.
type fuzzed struct {
	method, route           string
	kind                    kind
	name, namespace, rest   string
	bodyName, bodyNamespace string
	hasNamespace            bool
}

// FuzzSegments requests any name in any namespace by every route and kind, in path,
// query and body: what the API server sees addresses that name in that namespace, or
// it is not called.
func FuzzSegments(f *testing.F) {
	for i, name := range []string{"p", "..", ".", "a/b", "%2e", "..:80", "a%2f..", "p\x00", "ü", "proxy", "p:80", "p:", "a,metadata.name!=b", "p/status", "a\x88,b", ""} {
		for route := range fuzzRoutes {
			f.Add(uint8(route), uint8(i), name, "default", "x/../y", "p", "")
			f.Add(uint8(route), uint8(i), "p", name, name, name, name)
		}
	}
	kinds := allKinds(validate.Rules{})
	f.Fuzz(func(t *testing.T, route, kind uint8, name, namespace, rest, bodyName, bodyNamespace string) {
		q := fuzzed{
			kind: kinds[int(kind)%len(kinds)], name: name, namespace: namespace, rest: rest,
			bodyName: asJSON(bodyName), bodyNamespace: asJSON(bodyNamespace), hasNamespace: route < 128,
		}
		q.method, q.route, _ = strings.Cut(fuzzRoutes[int(route)%len(fuzzRoutes)], " ")
		if q.route == "bindings" {
			q.kind = kinds[0]
		}
		q.play(t)
	})
}

// asJSON returns text as it arrives through JSON.
func asJSON(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// play makes the request to a cluster in which its object exists.
func (q *fuzzed) play(t *testing.T) {
	t.Helper()
	api := &recorded{fakeAPI: newFakeAPI()}
	q.fill(api.fakeAPI)
	path := strings.NewReplacer("KIND", q.kind.describe().path, "NAME", url.PathEscape(q.name), "REST", url.PathEscape(q.rest)).Replace(q.route)
	r, err := http.NewRequest(q.method, "http://localhost/api/v1beta1/"+path, strings.NewReader(q.body(t)))
	if err != nil {
		t.Fatal(err)
	}
	if q.hasNamespace {
		query := r.URL.Query()
		query.Set("namespace", q.namespace)
		r.URL.RawQuery = query.Encode()
	}
	NewHandler(api, Options{}).ServeHTTP(discard{}, r)
	allowed := q.allowed()
	for i, p := range api.paths {
		p = api.methods[i] + " " + p
		if !slices.Contains(allowed, p) || hasDotSegment(p) {
			t.Errorf("%+v became %s, want one of %q", q, p, allowed)
		}
		if name, ok := q.watched(); ok {
			checkWatched(t, api.queries[i], name)
		}
	}
}

// watched returns the name that is watched.
func (q *fuzzed) watched() (string, bool) {
	return q.name, q.route == "watch/KIND/NAME" && q.name != ""
}

func checkWatched(t *testing.T, query url.Values, name string) {
	t.Helper()
	selector, err := fields.ParseSelector(query.Get("fieldSelector"))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := selector.RequiresExactMatch("metadata.name"); !ok || got != name || len(selector.Requirements()) != 1 {
		t.Errorf("a watch of %q selects %q", name, query.Get("fieldSelector"))
	}
}

func (q *fuzzed) body(t *testing.T) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"id": q.bodyName, "podID": q.bodyName, "namespace": q.bodyNamespace, "host": "m",
		"desiredState": map[string]any{"manifest": map[string]any{"version": "v1beta1", "containers": []any{map[string]any{"name": "c", "image": "i"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fill stores the objects that q names, so calls get as far as they can.
func (q *fuzzed) fill(api *fakeAPI) {
	for _, resource := range []string{q.kind.describe().core, "endpoints"} {
		for _, name := range []string{q.name, q.bodyName} {
			name, _, _ = strings.Cut(name, ":")
			o, _ := fakeKinds[resource]()
			o.SetName(name)
			o.SetNamespace(q.effective())
			if p, ok := o.(*corev1.Pod); ok {
				p.Status.PodIP = "10.0.0.1"
			}
			key := place{namespace: q.effective(), resource: resource}.key(name)
			if resource == "namespaces" {
				key = "/namespaces/" + name
			}
			api.put("ADDED", key, o)
		}
	}
}

// effective returns the effective namespace of the request.
func (q *fuzzed) effective() string {
	switch item := strings.Contains(q.route, "NAME") && q.name != ""; {
	case !q.kind.describe().namespaced:
		return ""
	case q.hasNamespace:
		return q.namespace
	case item || q.method == http.MethodPost:
		return "default"
	}
	return ""
}

// allowed returns the calls that the request may cause: none with a name that is not a
// segment.
func (q *fuzzed) allowed() []string {
	namespace := q.effective()
	if namespace != "" && !plain(namespace) {
		return nil
	}
	collection := q.kind.describe().at(namespace)
	name, _, _ := strings.Cut(q.name, ":")
	all := []string{"POST " + collection, "POST /api/v1/namespaces"} // PUT creates, too
	switch {
	case q.route == "watch/KIND/NAME" || !strings.Contains(q.route, "NAME") || q.name == "":
		all, name = append(all, "GET "+collection), q.bodyName
	case !strings.Contains(q.route, "redirect") && !strings.Contains(q.route, "proxy"):
		name = q.name
	}
	if !plain(name) {
		return all
	}
	for _, part := range []string{"", "/status", "/finalize"} {
		all = append(all, "PUT "+collection+"/"+name+part)
	}
	all = append(all, "GET "+collection+"/"+name, "DELETE "+collection+"/"+name, "POST "+collection+"/"+name+"/binding")
	switch answering := (endpoints{}).describe().at(namespace, name); q.kind.describe().path {
	case "services":
		all = append(all, "GET "+answering, "DELETE "+answering)
	case "replicationControllers":
		all = append(all, "GET "+pods{}.describe().at(namespace))
	}
	rest := ""
	if strings.HasSuffix(q.route, "REST") {
		rest = q.rest
	}
	// "name:" has no port, and is only the object's name.
	return append(all, fmt.Sprintf("%s %s/%s/proxy/%s", q.method, collection, strings.TrimSuffix(q.name, ":"), rest))
}

// plain reports whether a name needs no escaping in a path.
func plain(name string) bool {
	return utf8.ValidString(name) && name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/%")
}
