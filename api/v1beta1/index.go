package v1beta1

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// versions handles GET of the API's index: the API server's versions, and v1beta1.
// Current clients ask for another form, which is passed on unchanged.
func (h *handler) versions(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Accept"), "as=APIGroupDiscovery") {
		h.api.ServeHTTP(w, r)
		return
	}
	var all map[string]any
	code, body := h.backend.GetJSON(r, "/api")
	if code != http.StatusOK || json.Unmarshal(body, &all) != nil || all == nil {
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

// health handles GET of /validate: the health of the cluster's components.
func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		writeError(w, noSuchMethod(w, r, methods{http.MethodGet: nil}))
		return
	}
	parts := append(h.components(r), h.nodes(r)...)
	body, err := json.MarshalIndent(parts, "", "  ")
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(body) // an error means that the client is gone
}

// components returns the components other than nodes, sorted by name.
func (h *handler) components(r *http.Request) []component {
	o, err := h.backend.Do(r, http.MethodGet, backend.Root+"/componentstatuses", nil, nil)
	list, ok := o.(*corev1.ComponentStatusList)
	if err != nil || !ok {
		return []component{{Component: "componentstatuses", Health: "unknown", HealthCode: 2, Err: fmt.Sprintf("the API server does not tell: %v", err)}}
	}
	slices.SortFunc(list.Items, func(a, b corev1.ComponentStatus) int { return strings.Compare(a.Name, b.Name) })
	var out []component
	for _, item := range list.Items {
		for _, c := range item.Conditions {
			if c.Type == corev1.ComponentHealthy {
				out = append(out, healthOf(item.Name, c.Status == corev1.ConditionTrue, c.Message+c.Error))
			}
		}
	}
	return out
}

func (h *handler) nodes(r *http.Request) []component {
	o, err := h.backend.Do(r, http.MethodGet, backend.Root+"/nodes", nil, nil)
	list, ok := o.(*corev1.NodeList)
	if err != nil || !ok {
		return nil // the components' lines say why
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
		out = append(out, healthOf(name, c.Status == corev1.ConditionTrue, list.Items[i].Name+": "+c.Message))
	}
	return out
}

func healthOf(name string, ok bool, text string) component {
	if ok {
		return component{Component: name, Health: "success", Msg: text, Err: "nil"}
	}
	return component{Component: name, Health: "failure", HealthCode: 1, Msg: text, Err: text}
}
