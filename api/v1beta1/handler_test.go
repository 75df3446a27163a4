package v1beta1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// ask makes one in-process request to a handler.
func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const smallPod = `{"kind":"Pod","id":%q,"desiredState":{"manifest":{"containers":[{"name":"c","image":"i"%s}]}}}`

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	h := NewHandler(api, Options{})
	w := ask(h, http.MethodPost, "/api/v1beta1/pods", fmt.Sprintf(smallPod, "big", `,"workingDir":"`+strings.Repeat("x", 10<<20)+`"`))
	var s wire.Status
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(s.Message, "3145728") {
		t.Errorf("%d %v %s", w.Code, err, w.Body)
	}
	if len(api.objects) != 1 { // the default namespace
		t.Errorf("something was stored: %v", api.objects)
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	h := NewHandler(newFakeAPI(), Options{APIPrefix: "/k8s/api/"})
	if w := ask(h, http.MethodGet, "/k8s/api/v1beta1/pods", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"/k8s/api/v1beta1/pods?namespace="`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(h, http.MethodGet, "/api/v1beta1/pods", ""); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "v1beta1") {
		t.Errorf("the usual prefix is answered, too: %d %s", w.Code, w.Body)
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	h := NewHandler(newFakeAPI(), Options{})
	for accept, want := range map[string]int{
		"": http.StatusOK, "*/*": http.StatusOK, "application/json": http.StatusOK,
		"text/html, application/*;q=0.8": http.StatusOK,
		"text/html":                      http.StatusNotAcceptable, "application/yaml": http.StatusNotAcceptable,
	} {
		if w := ask(h, http.MethodGet, "/api/v1beta1/pods", "", "Accept", accept); w.Code != want {
			t.Errorf("Accept %q: %d, want %d", accept, w.Code, want)
		}
	}
}

func TestPrivileged(t *testing.T) {
	t.Parallel()
	body := fmt.Sprintf(smallPod, "p", `,"privileged":true`)
	w := ask(NewHandler(newFakeAPI(), Options{}), http.MethodPost, "/api/v1beta1/pods", body)
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"FieldValueForbidden"`) {
		t.Errorf("not allowed: %d %s", w.Code, w.Body)
	}
	w = ask(NewHandler(newFakeAPI(), Options{AllowPrivileged: true}), http.MethodPost, "/api/v1beta1/pods", body)
	if w.Code != http.StatusCreated {
		t.Errorf("allowed: %d %s", w.Code, w.Body)
	}
}

// Current clients read the list of versions in another form, which passes unchanged.
func TestVersionsOfToday(t *testing.T) {
	t.Parallel()
	const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
	if w := ask(NewHandler(newFakeAPI(), Options{}), http.MethodGet, "/api", "", "Accept", accept); strings.Contains(w.Body.String(), "v1beta1") {
		t.Errorf("changed: %s", w.Body)
	}
}

func TestValidatePath(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	ready := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue}
	api.put("ADDED", "/nodes//m1", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m1"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{ready}}})
	for name, c := range map[string]corev1.ComponentCondition{
		"scheduler": {Type: corev1.ComponentHealthy, Status: corev1.ConditionFalse, Error: "no master"},
		"etcd-0":    {Type: corev1.ComponentHealthy, Status: corev1.ConditionTrue, Message: "ok"},
	} {
		api.put("ADDED", "/componentstatuses//"+name, &corev1.ComponentStatus{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Conditions: []corev1.ComponentCondition{c},
		})
	}
	validate := func() (parts []component) {
		if err := json.Unmarshal(ask(NewHandler(api, Options{}), http.MethodGet, "/validate", "").Body.Bytes(), &parts); err != nil {
			t.Fatal(err)
		}
		return parts
	}
	want := []component{
		{"etcd-0", "success", 0, "ok", "nil"}, {"scheduler", "failure", 1, "no master", "no master"}, {"node-0", "success", 0, "m1: ", "nil"},
	}
	if got := validate(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	api.serve = http.NotFoundHandler()
	if got := validate(); len(got) != 1 || got[0].Health != "unknown" || !strings.Contains(got[0].Err, "not found") {
		t.Errorf("%+v, want that nothing is known", got)
	}
}

// A refusal by core is reported in the words of v1beta1.
func TestCoreErrors(t *testing.T) {
	t.Parallel()
	group := schema.GroupKind{Kind: "Service"}
	taken := field.ErrorList{
		field.Invalid(field.NewPath("spec", "clusterIPs"), "10.0.0.1", "is taken"),
		field.Invalid(field.NewPath("spec", "clusterIPs").Index(0), "10.0.0.1", "is taken"),
		field.Invalid(field.NewPath("spec", "externalIPs").Index(0), "x", "is no address"),
		field.Invalid(field.NewPath("spec", "ports").Index(0).Child("targetPort"), "x", "is too long"),
	}
	resource := schema.GroupResource{Resource: "services"}
	for name, c := range map[string]struct {
		err  *apierrors.StatusError
		code int
		want string
	}{
		"invalid": {apierrors.NewInvalid(group, "s", taken), 422,
			`{"id":"s","kind":"Service","causes":[{"field":"spec.portalIP"},{"field":"spec.publicIPs"},{"field":"spec.containerPort"}]}`},
		"forbidden":    {apierrors.NewForbidden(resource, "s", fmt.Errorf("quota")), 403, `{"id":"s","kind":"service"}`},
		"conflict":     {apierrors.NewConflict(resource, "s", fmt.Errorf("changed")), 409, `{"id":"s","kind":"service"}`},
		"exists":       {apierrors.NewAlreadyExists(resource, "s"), 409, `{"id":"s","kind":"service"}`},
		"slow":         {apierrors.NewTimeoutError("too slow", 3), 504, `{"retryAfterSeconds":3}`},
		"internal":     {apierrors.NewInternalError(fmt.Errorf("oops")), 500, ``},
		"bad request":  {apierrors.NewBadRequest("bad"), 400, ``},
		"unauthorized": {apierrors.NewUnauthorized("no"), 401, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newFakeAPI()
			api.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					s := apierrors.NewNotFound(resource, "s").Status()
					api.write(w, http.StatusNotFound, &s)
					return
				}
				s := c.err.Status()
				api.write(w, int(s.Code), &s)
			})
			w := ask(NewHandler(api, Options{}), http.MethodPost, "/api/v1beta1/services", `{"id":"s","port":80}`)
			var got struct {
				Kind, APIVersion, Status string
				Code                     int
				Details                  any
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.code || got.Code != c.code || got.Kind != "Status" || got.APIVersion != "v1beta1" || got.Status != "Failure" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			var want any
			if c.want != "" {
				if err := json.Unmarshal([]byte(c.want), &want); err != nil {
					t.Fatal(err)
				}
			}
			for _, d := range differences("/details", want, got.Details) {
				t.Error(d)
			}
		})
	}
}

// The API server's plain text is wrapped, too.
func TestTextErrors(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the store is away", http.StatusServiceUnavailable)
	})
	w := ask(NewHandler(api, Options{}), http.MethodGet, "/api/v1beta1/pods", "")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"message": "the store is away"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A deleted controller's pods remain, whether or not a garbage collector runs.
func TestControllerLeavesItsPods(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	now := metav1.Unix(1e9, 0)
	rc := &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{
		Name: "rc", Namespace: "default", UID: "u", DeletionTimestamp: &now, Finalizers: []string{metav1.FinalizerOrphanDependents, "other"},
	}, Spec: corev1.ReplicationControllerSpec{Selector: map[string]string{"a": "b"}}}
	api.put("ADDED", "/replicationcontrollers/default/rc", rc)
	pod := testPod("p", map[string]string{"a": "b"})
	pod.OwnerReferences = []metav1.OwnerReference{{UID: "u", Name: "rc"}, {UID: "v", Name: "another"}}
	api.store("ADDED", pod)
	var method string
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete { // like core: the finalizer keeps the object
			method = r.Method
			api.write(w, http.StatusOK, rc)
			return
		}
		api.ServeHTTP(w, r)
	})
	if w := ask(NewHandler(front, Options{}), http.MethodDelete, "/api/v1beta1/replicationControllers/rc", ""); w.Code != http.StatusOK || method == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	kept := api.objects["/pods/default/p"].GetOwnerReferences()
	if len(kept) != 1 || kept[0].UID != "v" {
		t.Errorf("owners of the pod: %v", kept)
	}
	if f := api.objects["/replicationcontrollers/default/rc"].GetFinalizers(); len(f) != 1 || f[0] != "other" {
		t.Errorf("finalizers of the controller: %v", f)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	api.put("ADDED", "/nodes//m1", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m1"}})
	api.store("ADDED", testPod("p", nil))
	api.put("ADDED", "/endpoints/default/s", &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "default"}})
	var got string
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/proxy/") {
			body, _ := io.ReadAll(r.Body)
			got = fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)
			return
		}
		api.ServeHTTP(w, r)
	})
	h := NewHandler(front, Options{})
	for _, c := range []struct{ method, path, want string }{
		{"GET", "minions/m1/containerLogs/default/p/c?follow=true", "GET /api/v1/nodes/m1/proxy/containerLogs/default/p/c?follow=true "},
		{"POST", "pods/p:8080/a/?x=y&namespace=default", "POST /api/v1/namespaces/default/pods/p:8080/proxy/a/?x=y body"},
		{"GET", "services/s", "GET /api/v1/namespaces/default/services/s/proxy/ "},
	} {
		body := ""
		if c.method == "POST" {
			body = "body"
		}
		if w := ask(h, c.method, "/api/v1beta1/proxy/"+c.path, body); w.Code != http.StatusOK || got != c.want {
			t.Errorf("%s: %d, asked for %q, want %q", c.path, w.Code, got, c.want)
		}
	}
	if w := ask(h, http.MethodPatch, "/api/v1beta1/proxy/pods/p/", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PATCH: %d", w.Code)
	}
}

func TestCleanedPathKeepsItsQuery(t *testing.T) {
	t.Parallel()
	w := ask(NewHandler(newFakeAPI(), Options{}), http.MethodGet, "http://localhost//api//v1beta1/pods?labels=a", "")
	if got := w.Header().Get("Location"); w.Code != http.StatusMovedPermanently || got != "/api/v1beta1/pods?labels=a" {
		t.Errorf("%d to %s", w.Code, got)
	}
}

// FuzzHandler sends arbitrary requests: the handler must answer with JSON and a code below
// 500, and the API server must never see what cannot be decoded.
func FuzzHandler(f *testing.F) {
	f.Add("POST", "/api/v1beta1/pods?namespace=x", []byte(fmt.Sprintf(smallPod, "p", "")))
	f.Add("PUT", "/api/v1beta1/services/s", []byte(`{"id":"s","port":80,"resourceVersion":1}`))
	f.Add("PATCH", "/api/v1beta1/replicationControllers/rc", []byte(`{"desiredState":null}`))
	f.Add("POST", "/api/v1beta1/endpoints", []byte(`{"id":"e","endpoints":["[::1]:80"],"targetRefs":null}`))
	f.Add("POST", "/api/v1beta1/minions", []byte(`{"kind":"Node","id":"m","resources":{"capacity":{"cpu":"1e3"}}}`))
	f.Add("POST", "/api/v1beta1/pods", []byte(`{"kind":"Pod","apiVersion":"v1beta3","metadata":{"name":"p"},"spec":{"containers":[null]}}`))
	f.Add("GET", "/api/v1beta1/pods?fields=name%3D%5C&labels=%21", []byte{})
	f.Add("DELETE", "/api/v1beta1/events/x", []byte(`[]`))
	f.Fuzz(func(t *testing.T, method, path string, body []byte) {
		if strings.Contains(path, "watch") || !strings.HasPrefix(path, "/api/v1beta1/") {
			return // watches last, and other paths are not the handler's
		}
		r, err := http.NewRequest(method, "http://localhost"+path, bytes.NewReader(body))
		if err != nil {
			return // no request
		}
		w := httptest.NewRecorder()
		NewHandler(newFakeAPI(), Options{}).ServeHTTP(w, r)
		if w.Code >= 500 || w.Code != http.StatusTemporaryRedirect && w.Code != http.StatusMovedPermanently && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}
