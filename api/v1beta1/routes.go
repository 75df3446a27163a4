package v1beta1

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// call is one request for one kind of object.
type call struct {
	*door
	*kind
	w     http.ResponseWriter
	r     *http.Request
	query url.Values
	path  string // the kind's path as the client wrote it: minions or nodes
	id    string // of the object, or empty
	rest  string // of a proxied path, after the object, including the slash
	// namespace of the request; empty means all namespaces for a list, and none for
	// kinds without namespaces.
	namespace string
}

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

// serve finds the route of a request by its segments below the root, and runs it.
func (d *door) serve(w http.ResponseWriter, r *http.Request, parts []string) error {
	end := ""
	if n := len(parts); n > 0 && parts[n-1] == "" {
		parts, end = parts[:n-1], "/"
	}
	verb := ""
	switch {
	case len(parts) == 0:
		return noSuchPath(r)
	case parts[0] == "watch" || parts[0] == "proxy" || parts[0] == "redirect":
		verb, parts = parts[0], parts[1:]
	case parts[0] == "bindings" && len(parts) == 1:
		return d.run(bindRoutes, &call{door: d, kind: d.kinds["pods"], w: w, r: r})
	}
	if len(parts) == 0 {
		return noSuchPath(r)
	}
	k := d.kinds[parts[0]]
	if k == nil {
		return noSuchPath(r)
	}
	c := &call{door: d, kind: k, w: w, r: r, path: parts[0]}
	if len(parts) > 1 {
		c.id = parts[1]
	}
	var routes methods
	switch {
	case verb == "watch" && len(parts) <= 2:
		routes = watchRoutes
	case verb == "redirect" && k.proxied && len(parts) == 2:
		routes = redirectRoutes
	case verb == "proxy" && k.proxied && len(parts) >= 2:
		routes, c.rest = proxyRoutes, "/"
		if len(parts) > 2 {
			c.rest += strings.Join(parts[2:], "/") + end
		}
	case verb == "" && len(parts) == 1:
		routes = collectionRoutes
	case verb == "" && len(parts) == 2:
		routes = itemRoutes
	case verb == "" && len(parts) == 3:
		routes = subRoutes[k.path][parts[2]]
	}
	if routes == nil || (len(parts) > 1 && c.id == "") {
		return noSuchPath(r)
	}
	return d.run(routes, c)
}

// run runs a call's method.
func (d *door) run(routes methods, c *call) error {
	f := routes[c.r.Method]
	if f == nil {
		return noSuchMethod(c.w, c.r, routes)
	}
	if !acceptsJSON(c.r) {
		return failure(http.StatusNotAcceptable, "NotAcceptable",
			"this API answers JSON only: send Accept: application/json, or no Accept header", nil)
	}
	c.query = c.r.URL.Query()
	if err := c.findNamespace(); err != nil {
		return err
	}
	if err := c.checkSegments(); err != nil {
		return err
	}
	return f(c)
}

// findNamespace applies the rules of the parameter namespace: without it, a
// call for one object means the default namespace, and a list means all.
func (c *call) findNamespace() error {
	if !c.namespaced {
		return nil
	}
	values, given := c.query["namespace"]
	switch {
	case given:
		c.namespace = values[0]
	case c.id != "" || c.r.Method == http.MethodPost:
		c.namespace = defaultNamespace
	}
	if c.id != "" && c.namespace == "" {
		return badRequest("namespace: the parameter is empty: name a namespace, or leave it out for %q", defaultNamespace)
	}
	return nil
}

const defaultNamespace = "default"

// link returns the selfLink of an object of the call's kind.
func (c *call) link(m *wire.Meta) string {
	link := c.root + "/" + c.path
	if m.ID != "" {
		link += "/" + m.ID
	}
	return link + c.linkQuery(m.Namespace)
}

// listLink returns the selfLink of a list. It ends in a slash if the client wrote one.
func (c *call) listLink() string {
	link := c.root + "/" + c.path
	if strings.HasSuffix(c.r.URL.Path, "/") {
		link += "/"
	}
	return link + c.linkQuery(c.namespace)
}

// linkQuery returns the query of a selfLink; kinds without namespaces have none.
func (c *call) linkQuery(namespace string) string {
	if !c.namespaced {
		return ""
	}
	return "?namespace=" + url.QueryEscape(namespace)
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
