package v1beta1

import (
	"net/http"
	"net/url"
	"strings"
)

// methods are the operations at one path.
type methods map[string]func(*call) error

// The routes, by what follows the kind's path.
var (
	collectionRoutes = methods{http.MethodGet: (*call).list, http.MethodPost: (*call).create}
	itemRoutes       = methods{
		http.MethodGet: (*call).get, http.MethodPut: (*call).put,
		http.MethodPatch: (*call).patch, http.MethodDelete: (*call).delete,
	}
	watchRoutes    = methods{http.MethodGet: (*call).watch}
	redirectRoutes = methods{http.MethodGet: (*call).redirect}
	proxyRoutes    = methods{
		http.MethodGet: (*call).proxy, http.MethodPost: (*call).proxy,
		http.MethodPut: (*call).proxy, http.MethodDelete: (*call).proxy,
	}
	bindRoutes = methods{http.MethodPost: (*call).bind}
)

// subRoutes holds the operations below an item, by kind and name.
var subRoutes = map[string]map[string]methods{
	"pods":           {"binding": bindRoutes, "status": {http.MethodPut: (*call).putStatus}},
	"namespaces":     {"finalize": {http.MethodPut: (*call).putFinalize}, "status": {http.MethodPut: (*call).putStatus}},
	"resourceQuotas": {"status": {http.MethodPut: (*call).putStatus}},
}

// route is the result of reading a path: what it names, and what can be done there.
type route struct {
	methods methods
	kind    kind
	path    string // the kind's path as the client wrote it: minions or nodes
	id      string // of the object, or empty; name:port for /proxy and /redirect
	rest    string // of a proxied path, after the object, including the slash
}

// serve finds the operation that a request asks for, and runs it. segments is the path
// below the root.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, segments []string) error {
	at, ok := h.route(segments)
	if !ok {
		return noSuchPath(r)
	}
	operation := at.methods[r.Method]
	if operation == nil {
		return noSuchMethod(w, r, at.methods)
	}
	if !acceptsJSON(r) {
		return failure(http.StatusNotAcceptable, "NotAcceptable",
			"this API answers JSON only: send Accept: application/json, or no Accept header", nil)
	}
	c, err := h.call(w, r, at)
	if err != nil {
		return err
	}
	return operation(c)
}

// route reads the segments of a path: an optional verb, a kind, an object, and what is
// below it. A path may end in a slash.
func (h *handler) route(segments []string) (at route, ok bool) {
	end := ""
	if n := len(segments); n > 0 && segments[n-1] == "" {
		segments, end = segments[:n-1], "/"
	}
	if len(segments) == 0 {
		return at, false
	}
	verb := ""
	switch first := segments[0]; {
	case first == "watch" || first == "proxy" || first == "redirect":
		verb, segments = first, segments[1:]
	case first == "bindings" && len(segments) == 1:
		return route{methods: bindRoutes, kind: h.kinds["pods"]}, true
	}
	if len(segments) == 0 || h.kinds[segments[0]] == nil {
		return at, false
	}
	at.kind, at.path = h.kinds[segments[0]], segments[0]
	if len(segments) > 1 {
		if at.id = segments[1]; at.id == "" {
			return at, false
		}
	}
	at.find(verb, segments, end)
	return at, at.methods != nil
}

// find sets the methods of the path, if there are any.
func (at *route) find(verb string, segments []string, end string) {
	n := len(segments)
	_, proxied := at.kind.(reachable)
	switch {
	case verb == "watch" && n <= 2:
		at.methods = watchRoutes
	case verb == "redirect" && proxied && n == 2:
		at.methods = redirectRoutes
	case verb == "proxy" && proxied && n >= 2:
		at.methods, at.rest = proxyRoutes, "/"
		if n > 2 {
			at.rest += strings.Join(segments[2:], "/") + end
		}
	case verb == "" && n == 1:
		at.methods = collectionRoutes
	case verb == "" && n == 2:
		at.methods = itemRoutes
	case verb == "" && n == 3:
		at.methods = subRoutes[at.kind.describe().path][segments[2]]
	}
}

// segments splits a URL's path and unescapes each part once: an escaped slash stays in
// its segment.
func segments(u *url.URL) []string {
	parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil { // always true for an escaped path
			parts[i] = plain
		}
	}
	return parts
}

// acceptsJSON reports whether the client takes JSON.
func acceptsJSON(r *http.Request) bool {
	accept := r.Header.Values("Accept")
	if len(accept) == 0 {
		return true
	}
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch strings.TrimSpace(kind) {
		case "", "*/*", "application/*", "application/json":
			return true
		}
	}
	return false
}
