package v1beta1

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// reachableAPI has a minion, pods and a service's endpoints.
func reachableAPI() *fakeAPI {
	api := newFakeAPI()
	api.put("ADDED", "/nodes//m", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m"}})
	api.store("ADDED", testPod("waiting", nil))
	running := testPod("running", nil)
	running.Status.PodIP = "10.1.0.1"
	api.store("ADDED", running)
	serving := testPod("serving", nil)
	serving.Status.PodIP = "10.1.0.2"
	serving.Spec.Containers = append(serving.Spec.Containers, corev1.Container{Ports: []corev1.ContainerPort{{ContainerPort: 81}, {ContainerPort: 82}}})
	api.store("ADDED", serving)
	for name, subsets := range map[string][]corev1.EndpointSubset{
		"empty": nil,
		"full": {{
			Addresses: []corev1.EndpointAddress{{IP: "10.1.0.1"}, {IP: "fd00::1"}},
			Ports:     []corev1.EndpointPort{{Name: "web", Port: 80}, {Name: "admin", Port: 90}},
		}},
	} {
		api.put("ADDED", "/endpoints/default/"+name, &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Subsets: subsets})
	}
	return api
}

// Where /redirect leads to, or why it leads nowhere.
func TestRedirect(t *testing.T) {
	t.Parallel()
	h := NewHandler(reachableAPI(), Options{})
	for path, want := range map[string][]string{
		"minions/m":           {"http://m:10250"},
		"nodes/m:80":          {"http://m:80"},
		"minions/n":           {`minion "n" not found`},
		"pods/serving":        {"http://10.1.0.2:81"},
		"pods/serving:8080":   {"http://10.1.0.2:8080"},
		"pods/running":        {"http://10.1.0.1"},
		"pods/running:80":     {"http://10.1.0.1:80"},
		"pods/waiting":        {`pod "waiting" has no address yet: wait until it runs`},
		"pods/waiting:1:2":    {`"waiting:1:2" has more than one colon: write name or name:port`},
		"pods/none":           {`pods "none" not found`},
		"services/full":       {"http://10.1.0.1:80", "http://[fd00::1]:80"},
		"services/full:admin": {"http://10.1.0.1:90", "http://[fd00::1]:90"},
		"services/full:none":  {`service "full" has no ready pod`},
		"services/empty":      {`service "empty" has no ready pod`},
		"services/none":       {`endpoints "none" not found`},
	} {
		for range 5 { // one of several at random
			w := ask(h, http.MethodGet, "/api/v1beta1/redirect/"+path, "")
			got := w.Header().Get("Location")
			if w.Code != http.StatusTemporaryRedirect {
				got = statusIn(t, w).Message
			}
			if !slices.Contains(want, got) {
				t.Errorf("%s: %d %q, want %q", path, w.Code, got, want)
			}
		}
	}
}

// A proxied request keeps its method, port, path and query, without our parameter.
func TestProxyTargets(t *testing.T) {
	t.Parallel()
	api := reachableAPI()
	var got string
	h := NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/proxy") {
			got = r.Method + " " + r.RequestURI
			return
		}
		api.ServeHTTP(w, r)
	}), Options{})
	for request, want := range map[string]string{
		"GET minions/m/logs/?namespace=x&a=b":     "GET /api/v1/nodes/m/proxy/logs/?namespace=x&a=b",
		"PUT pods/running:80/x?namespace=default": "PUT /api/v1/namespaces/default/pods/running:80/proxy/x",
		"DELETE services/full:web/a%20b?q=1":      "DELETE /api/v1/namespaces/default/services/full:web/proxy/a%20b?q=1",
		"GET services/none/":                      "",
		"GET pods/running/%2e%2e/x":               "",
	} {
		got = ""
		method, path, _ := strings.Cut(request, " ")
		w := ask(h, method, "/api/v1beta1/proxy/"+path, "")
		if got != want || want == "" && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d after %q, want %q", request, w.Code, got, want)
		}
	}
}

// How core is asked to delete: a pod without a grace period, a controller without its
// pods, everything else as core does.
func TestDeleteOptions(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{pods{}, replicationControllers{}, services{}, secrets{}} {
		o := deleteOptions(k)
		grace, policy := "default", "default"
		if o.GracePeriodSeconds != nil {
			grace = fmt.Sprint(*o.GracePeriodSeconds)
		}
		if o.PropagationPolicy != nil {
			policy = string(*o.PropagationPolicy)
		}
		want := map[string]string{"pods": "0 default", "replicationControllers": "default Orphan"}[k.describe().path]
		if want == "" {
			want = "default default"
		}
		if got := grace + " " + policy; got != want || o.Kind != "DeleteOptions" || o.APIVersion != "v1" {
			t.Errorf("%s: %s of %s, want %s", k.describe().path, got, o.Kind, want)
		}
	}
}

// A deletion in progress is shown unless it ends at once.
func TestEndsAtOnce(t *testing.T) {
	t.Parallel()
	now, none, some := metav1.Now(), int64(0), int64(30)
	pod := func(m metav1.ObjectMeta) runtime.Object { return &corev1.Pod{ObjectMeta: m} }
	rc := func(m metav1.ObjectMeta) runtime.Object { return &corev1.ReplicationController{ObjectMeta: m} }
	for name, c := range map[string]struct {
		kind   quietlyDeleted
		object runtime.Object
		want   bool
	}{
		"pod":                  {pods{}, pod(metav1.ObjectMeta{}), false},
		"pod that ends":        {pods{}, pod(metav1.ObjectMeta{DeletionTimestamp: &now, DeletionGracePeriodSeconds: &some}), false},
		"pod without grace":    {pods{}, pod(metav1.ObjectMeta{DeletionTimestamp: &now, DeletionGracePeriodSeconds: &none}), true},
		"pod with a finalizer": {pods{}, pod(metav1.ObjectMeta{DeletionTimestamp: &now, DeletionGracePeriodSeconds: &none, Finalizers: []string{"x"}}), false},
		"grace is not known":   {pods{}, pod(metav1.ObjectMeta{DeletionTimestamp: &now}), false},
		"controller":           {replicationControllers{}, rc(metav1.ObjectMeta{}), false},
		"controller that ends": {replicationControllers{}, rc(metav1.ObjectMeta{DeletionTimestamp: &now, Finalizers: []string{"orphan"}}), true},
		"not a pod":            {pods{}, &metav1.Status{}, false},
		"neither is this":      {replicationControllers{}, &metav1.Status{}, false},
	} {
		if got := c.kind.endsAtOnce(c.object); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// A deleted pod is shown as it was last stored, unless it still exists.
func TestShowDeleted(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	for _, finalizers := range [][]string{nil, {"x"}} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &now, Finalizers: finalizers}}
		pods{}.showDeleted(pod)
		if (pod.DeletionTimestamp == nil) != (finalizers == nil) {
			t.Errorf("with finalizers %v: %v", finalizers, pod.DeletionTimestamp)
		}
	}
}

// With a service its endpoints are deleted, if there are any.
func TestServiceTakesItsEndpoints(t *testing.T) {
	t.Parallel()
	for _, has := range []bool{true, false} {
		api := &requested{fakeAPI: newFakeAPI()}
		api.put("ADDED", "/services/default/s", &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "default"}})
		if has {
			api.put("ADDED", "/endpoints/default/s", &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "default"}})
		}
		w := ask(NewHandler(api, Options{}), http.MethodDelete, "/api/v1beta1/services/s", "")
		want := []string{"DELETE /api/v1/namespaces/default/services/s", "DELETE /api/v1/namespaces/default/endpoints/s"}
		if w.Code != http.StatusOK || !slices.Equal(api.requests, want) || api.objects["/endpoints/default/s"] != nil {
			t.Errorf("endpoints %t: %d after %q: %s", has, w.Code, api.requests, w.Body)
		}
	}
}

// Core's names of a service's fields become those of v1beta1.
func TestOldFields(t *testing.T) {
	t.Parallel()
	for core, want := range map[string]string{
		"spec.clusterIP": "spec.portalIP", "spec.clusterIPs[0]": "spec.portalIP", "spec.externalIPs[1]": "spec.publicIPs",
		"spec.ports[0].targetPort": "spec.containerPort", "spec.ports[0].port": "spec.port", "spec.ports[0].protocol": "spec.protocol",
		"spec.ports[1].port": "spec.ports[1].port", "metadata.name": "metadata.name", "": "",
	} {
		if got := (services{}).oldField(core); got != want {
			t.Errorf("%s becomes %s, want %s", core, got, want)
		}
	}
}
