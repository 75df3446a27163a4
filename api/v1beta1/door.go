package v1beta1

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/validate"
)

// Options configures a Door.
type Options struct {
	// APIPrefix is the path of the API: the door answers APIPrefix/v1beta1. The
	// default is "/api".
	APIPrefix string
	// AllowPrivileged lets clients ask for privileged containers.
	AllowPrivileged bool
	// MaxBody bounds the body of a request, in bytes. The default is 3 MiB, the
	// limit of the API server.
	MaxBody int64
}

const defaultMaxBody = 3 << 20

// door is the handler. Its only state is a cache.
type door struct {
	api     http.Handler
	prefix  string   // "/api"
	root    string   // "/api/v1beta1"
	above   []string // root's segments
	maxBody int64
	inner   inner
	kinds   map[string]*kind // by the path that names them
	cache   *frameCache
}

// NewDoor returns a handler that serves v1beta1 by means of api, a Kubernetes API
// server, and passes every other request to api unchanged. The door's requests to
// api carry no credentials, only their client's context and impersonation headers:
// api must authorize them by these.
func NewDoor(api http.Handler, o Options) http.Handler {
	if o.APIPrefix == "" {
		o.APIPrefix = "/api"
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	prefix := path.Clean("/" + o.APIPrefix)
	root := path.Join(prefix, "v1beta1")
	return &door{
		api:     api,
		prefix:  prefix,
		root:    root,
		above:   segments(&url.URL{Path: root}),
		maxBody: o.MaxBody,
		inner:   newInner(api),
		kinds:   kindsByPath(validate.Rules{AllowPrivileged: o.AllowPrivileged}),
		cache:   newFrameCache(),
	}
}

// ServeHTTP answers one request.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, all := r.URL.Path, segments(r.URL)
	switch n := len(d.above); {
	case len(all) >= n && slices.Equal(all[:n], d.above):
		if err := d.serve(w, r, all[n:]); err != nil && err != errAnswered {
			writeError(w, err)
		}
	case strings.Contains(p, "//") && strings.HasPrefix(path.Clean(p)+"/", d.root+"/"):
		http.Redirect(w, r, cleanURL(r), http.StatusMovedPermanently)
	case p == d.prefix || p == d.prefix+"/":
		d.versions(w, r)
	case p == "/validate":
		d.validate(w, r)
	default:
		d.api.ServeHTTP(w, r)
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
