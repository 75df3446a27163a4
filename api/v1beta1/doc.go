// Package v1beta1 answers the Kubernetes API "v1beta1" of 2014 and 2015 in front
// of a Kubernetes API server of today.
//
// A Door is an http.Handler. What comes to /api/v1beta1 it reads (package wire),
// checks (package validate), translates to core/v1 (package convert), asks of
// the API server behind it, in process, and translates the answer back. It
// keeps nothing itself: every object is the API server's, and clients of both
// versions see the same ones. It also answers /api, with the versions of
// both, and /validate; every other path goes to the API server untouched.
//
// Behaviour follows Kubernetes 0.14.2, the last release that kubernetes-mesos
// was built on. Where it answered 500 to a client's mistake, the door answers
// 4xx; and an error is always a Status in JSON.
package v1beta1
