package v1beta1

import (
	"net/http"
	"strings"
)

// target finds the object that answers for what /proxy or /redirect names, and splits
// the name from the port.
func (c *call) target() (o coreObject, name, port string, err error) {
	name, port, _ = strings.Cut(c.req.id, ":")
	if strings.Contains(port, ":") {
		return nil, "", "", badRequest("%q has more than one colon: write name or name:port", c.req.id)
	}
	o, err = c.core.of(c.kind.(reachable).answering()).get(name) // the routes lead only here for those
	return o, name, port, err
}

// proxy forwards a request to an object's port through the API server, which has the
// route and the credentials.
func (c *call) proxy() error {
	_, name, port, err := c.target()
	if err != nil {
		return err
	}
	if port != "" {
		name += ":" + port
	}
	if hasDotSegment(c.req.rest) {
		return noSuchPath(c.req.client)
	}
	query := c.req.client.URL.RawQuery
	if c.names.namespaced {
		others := c.req.client.URL.Query()
		others.Del("namespace") // ours
		query = others.Encode()
	}
	c.backend.Forward(c.answer.w, c.req.client, c.core.path(name, "proxy")+c.req.rest, query)
	return nil
}

// redirect sends the client to an object's port.
func (c *call) redirect() error {
	o, _, port, err := c.target()
	if err != nil {
		return err
	}
	address, err := c.kind.(reachable).address(o, port)
	if err != nil {
		return err
	}
	c.answer.w.Header().Set("Location", "http://"+address)
	c.answer.w.WriteHeader(http.StatusTemporaryRedirect)
	return nil
}

// hasDotSegment reports whether a path has a segment "." or "..".
func hasDotSegment(path string) bool {
	for s := range strings.SplitSeq(path, "/") {
		if s == "." || s == ".." {
			return true
		}
	}
	return false
}
