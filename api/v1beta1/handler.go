package v1beta1

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/frames"
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

// Options configures a handler.
type Options struct {
	// APIPrefix is the path of the API: APIPrefix/v1beta1 is served. The default is
	// "/api".
	APIPrefix string
	// AllowPrivileged lets clients ask for privileged containers.
	AllowPrivileged bool
	// PrivilegedHint says how the operator can allow privileged containers. A client
	// whose container is refused reads it in parentheses.
	PrivilegedHint string
	// MaxBody bounds the body of a request, in bytes. The default is 3 MiB, the
	// limit of the API server.
	MaxBody int64
}

const defaultMaxBody = 3 << 20

// cacheBytes is how many bytes of events are kept: enough for a burst, in which watchers
// are at different positions.
const cacheBytes = 16 << 20

// handler serves the API. Its only state is a cache.
type handler struct {
	api     http.Handler
	prefix  string   // "/api"
	root    string   // "/api/v1beta1"
	above   []string // root's segments
	maxBody int64
	backend *backend.Client
	kinds   map[string]kind // by the path that names them
	frames  *frames.Cache
}

// NewHandler returns a handler that serves v1beta1 by means of api, a Kubernetes API
// server, and passes every other request to api unchanged. Its requests to api carry no
// credentials, only their client's context and impersonation headers: api must authorize
// them by these.
func NewHandler(api http.Handler, o Options) http.Handler {
	if o.APIPrefix == "" {
		o.APIPrefix = "/api"
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	prefix := path.Clean("/" + o.APIPrefix)
	root := path.Join(prefix, "v1beta1")
	return &handler{
		api:     api,
		prefix:  prefix,
		root:    root,
		above:   segments(&url.URL{Path: root}),
		maxBody: o.MaxBody,
		backend: backend.New(api),
		kinds:   kindsByPath(validate.Rules{AllowPrivileged: o.AllowPrivileged, PrivilegedHint: o.PrivilegedHint}),
		frames:  frames.NewCache(cacheBytes),
	}
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, all := r.URL.Path, segments(r.URL)
	switch n := len(h.above); {
	case len(all) >= n && slices.Equal(all[:n], h.above):
		if err := h.serve(w, r, all[n:]); err != nil && err != frames.ErrAnswered {
			writeError(w, err)
		}
	case strings.Contains(p, "//") && strings.HasPrefix(path.Clean(p)+"/", h.root+"/"):
		http.Redirect(w, r, cleanURL(r), http.StatusMovedPermanently)
	case p == h.prefix || p == h.prefix+"/":
		h.versions(w, r)
	case p == "/validate":
		h.health(w, r)
	default:
		h.api.ServeHTTP(w, r)
	}
}

// cleanURL returns the request's URL without doubled slashes. Escaped parts stay
// escaped.
func cleanURL(r *http.Request) string {
	address := path.Clean(r.URL.EscapedPath())
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	return address
}
