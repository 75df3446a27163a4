// Package placement serves, next to the API, where pods stand on their way to an agent of
// Mesos:
//
//	GET /api/v1/namespaces/N/pods/P/placement   one pod, for who may get it
//	GET /placement/queue                        all that wait, for who may list pods everywhere
//
// The answers are JSON: a [Placement], a [Queue], or a Status of Kubernetes. Like package
// v1beta1 it stands in front of the API server (controlplane/door.go): it gets the requests of
// authenticated callers, and finds out what a caller may see by asking the API server on
// the caller's behalf. So the rights are those of the API, and its audit log shows who
// has asked.
package placement
