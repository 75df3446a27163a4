package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// versions answers GET of the API's root: the API server's versions, and ours.
// Clients of today ask for another form, which is not ours to change.
func (d *door) versions(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Accept"), "as=APIGroupDiscovery") {
		d.api.ServeHTTP(w, r)
		return
	}
	request := d.inner.request(r, http.MethodGet, "/api", nil, nil)
	request.Header.Set("Accept", jsonType)
	rec := recorder{header: http.Header{}}
	d.api.ServeHTTP(&rec, request)
	var all map[string]any
	if rec.code != http.StatusOK || json.Unmarshal(rec.body.Bytes(), &all) != nil {
		all = map[string]any{"kind": "APIVersions"}
	}
	versions, _ := all["versions"].([]any)
	all["versions"] = append(versions, wire.APIVersion)
	writeJSON(w, http.StatusOK, all)
}

// component is one line of /validate.
type component struct {
	Component  string `json:"component,omitempty"`
	Health     string `json:"health,omitempty"`
	HealthCode int    `json:"healthCode,omitempty"` // 0 success, 1 failure, 2 unknown
	Msg        string `json:"msg,omitempty"`
	Err        string `json:"err,omitempty"`
}

// validate answers GET /validate: how the parts of the cluster are.
func (d *door) validate(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		writeError(w, noSuchMethod(w, r, methods{http.MethodGet: nil}))
		return
	}
	parts := []component{d.etcd(r)}
	parts = append(parts, d.nodes(r)...)
	body, err := json.MarshalIndent(parts, "", "  ")
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(body) // an error here is the client's, who has gone
}

func (d *door) etcd(r *http.Request) component {
	rec := recorder{header: http.Header{}}
	d.api.ServeHTTP(&rec, d.inner.request(r, http.MethodGet, "/readyz/etcd", nil, nil))
	return health("etcd-0", rec.code == http.StatusOK, strings.TrimSpace(rec.body.String()))
}

func (d *door) nodes(r *http.Request) []component {
	o, err := d.inner.do(r, http.MethodGet, coreRoot+"/nodes", nil, nil)
	list, ok := o.(*corev1.NodeList)
	if err != nil || !ok {
		return nil // etcd's line tells why
	}
	var out []component
	for i := range list.Items {
		name := fmt.Sprintf("node-%d", i)
		at := slices.IndexFunc(list.Items[i].Status.Conditions, func(c corev1.NodeCondition) bool { return c.Type == corev1.NodeReady })
		if at < 0 {
			out = append(out, component{Component: name, Health: "unknown", HealthCode: 2, Err: list.Items[i].Name + " has not reported"})
			continue
		}
		c := list.Items[i].Status.Conditions[at]
		out = append(out, health(name, c.Status == corev1.ConditionTrue, list.Items[i].Name+": "+c.Message))
	}
	return out
}

func health(name string, ok bool, text string) component {
	if ok {
		return component{Component: name, Health: "success", Msg: text, Err: "nil"}
	}
	return component{Component: name, Health: "failure", HealthCode: 1, Msg: text, Err: text}
}
