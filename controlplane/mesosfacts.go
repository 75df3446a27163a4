package controlplane

import (
	"context"
	"encoding/json"
	"net/http"

	"k8s.io/apiserver/pkg/server/storage"
)

// MesosPath is where those who may get this non-resource URL find what ShowMesos shows.
const MesosPath = "/mesos"

// ShowMesos has MesosPath answered with what facts returns, as JSON.
func (c *ControlPlane) ShowMesos(facts func(context.Context) (any, error)) { c.mesos.Store(&facts) }

// ownAnswers implements the type of that name.
func (c *ControlPlane) ownAnswers(api http.Handler, etcd storage.StorageFactory) http.Handler {
	api = withComponents(api, c.components(), etcd)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != MesosPath {
			api.ServeHTTP(w, r)
			return
		}
		c.answerMesos(w, r)
	})
}

// answerMesos answers with the facts; only the leader has any.
func (c *ControlPlane) answerMesos(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		http.Error(w, "It can only be read.", http.StatusMethodNotAllowed)
		return
	}
	facts := c.mesos.Load()
	if facts == nil {
		http.Error(w, c.whoKnows(r.Context()), http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), componentPatience)
	defer cancel()
	found, err := (*facts)(ctx)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(found) // an error means that the caller is gone
}

// whoKnows says where the facts are.
func (c *ControlPlane) whoKnows(ctx context.Context) string {
	select {
	case <-c.elector.Leading():
		return "The framework has not started yet, or there is none: the log of framework_runner tells."
	default:
	}
	leader, err := c.elector.Leader(ctx)
	if err != nil || leader == "" {
		return "No framework_runner leads."
	}
	return "The framework runs in the leader, " + leader + ": ask there."
}
