// Package backend makes requests to the Kubernetes API server of the same process.
//
// A Client calls the server's http.Handler directly; there is no connection and no
// credential. Every request is made on behalf of a client's request: it carries that
// request's context, in which the server finds the user, and its impersonation headers,
// so it is authorized as the client's own. Objects are sent and read as protobuf.
//
// A refusal by the server is an *Error. A watch is passed on event by event while the
// server writes it; nothing is queued.
package backend
