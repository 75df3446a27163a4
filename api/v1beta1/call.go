package v1beta1

import (
	"net/http"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/frames"
)

// call is one operation: its methods are the operations of the routes. What they work
// with is in its parts.
type call struct {
	kind    kind
	names   description // the kind's
	req     *request    // what the client sent
	core    collection  // the kind's objects in core/v1
	answer  *answer     // what the client is answered
	backend *backend.Client
	frames  *frames.Cache
}

// call prepares the operation at a route. It refuses a request for what cannot exist.
func (h *handler) call(w http.ResponseWriter, r *http.Request, at route) (*call, error) {
	names := at.kind.describe()
	req := &request{
		client: r, body: http.MaxBytesReader(w, r.Body, h.maxBody),
		kind: at.kind, names: names, query: r.URL.Query(), id: at.id, rest: at.rest,
	}
	if err := req.findNamespace(); err != nil {
		return nil, err
	}
	if err := req.checkSegments(); err != nil {
		return nil, err
	}
	return &call{
		kind:  at.kind,
		names: names,
		req:   req,
		core: collection{
			backend: h.backend, client: r, kind: at.kind, names: names,
			namespace: req.namespace, timeout: req.timeout(),
		},
		answer:  &answer{w: w, kind: at.kind, names: names, link: h.root + "/" + at.path},
		backend: h.backend, frames: h.frames,
	}, nil
}
