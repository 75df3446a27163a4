// Package v1beta1 serves the Kubernetes API "v1beta1" of 2014 and 2015 by means of a
// current Kubernetes API server.
//
// NewHandler wraps the API server's http.Handler in one that also serves /api/v1beta1. In
// framework_runner, package controlplane calls it with the handler chain that
// k8s.io/apiserver has built (controlplane/door.go), so a request comes here once it is
// authenticated, and what is requested on its behalf goes to that chain directly. A
// request for /api/v1beta1 takes this way:
//
//	handler.go          is the path ours?
//	routes.go           which kind, which object, which operation?
//	create.go, …        the operation, top to bottom
//	pod.go, service.go  what is particular to a kind: decode, defaults, validate, convert
//	collection.go       the objects in core/v1, through package backend
//	answer.go           the object as the client sees it
//
// The packages below it: wire has the types, convert translates them to core/v1 and
// back, validate checks them, backend makes requests to the API server, and frames sends
// the events of watches.
//
// The handler keeps no state but a cache of events: every object is the API server's,
// and clients of both versions see the same ones. It also answers /api, with the
// versions of both, and /validate; every other path goes to the API server unchanged.
//
// Behaviour follows Kubernetes 0.14.2, the last release that kubernetes-mesos was built
// on. Where that answered 500 to a client's mistake, the handler answers 4xx; and an
// error is always a Status in JSON.
package v1beta1
